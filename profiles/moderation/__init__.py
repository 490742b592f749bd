"""What staff decide about pictures: blocks, lists of blocks, and held pictures."""
