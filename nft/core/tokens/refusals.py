"""Why URIs and metadata documents are refused: stable names for history, metrics and translations."""

import enum


class UriRefusal(enum.StrEnum):
    """Why a token or image URI is not followed."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    CONTROL_CHARACTERS = "control_characters"
    BAD_ENCODING = "bad_encoding"
    DOT_SEGMENTS = "dot_segments"
    NOT_A_URI = "not_a_uri"
    UNSUPPORTED_SCHEME = "unsupported_scheme"
    BAD_CID = "bad_cid"
    BAD_IPNS_NAME = "bad_ipns_name"
    BAD_ARWEAVE_ID = "bad_arweave_id"
    BAD_URL = "bad_url"
    USERINFO = "userinfo"
    HTTP_NOT_ALLOWED = "http_not_allowed"
    BAD_DATA_URI = "bad_data_uri"
    BAD_BASE64 = "bad_base64"
    DATA_TOO_LARGE = "data_too_large"


class MetadataRefusal(enum.StrEnum):
    """Why a metadata document is not read."""

    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    TOO_DEEP = "too_deep"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    IS_PICTURE = "is_picture"
    IS_WEB_PAGE = "is_web_page"
