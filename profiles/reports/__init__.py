"""Reports: people and guests report a picture, a page or a token; staff decide; the reported person may appeal once."""
