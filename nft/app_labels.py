"""The label of this app in this project (NFT_APP_LABEL): see profiles.app_labels."""

from profiles.app_labels import label_of

NFT = label_of("nft")
