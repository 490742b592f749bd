from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from django.core.management.base import BaseCommand, CommandError, CommandParser

from profiles import settings
from profiles.store import s3
from profiles.store.objects import RENDITIONS
from profiles.stores import get_store

if TYPE_CHECKING:  # stubs only
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CORSConfigurationTypeDef, CreateBucketConfigurationTypeDef


class Command(BaseCommand):
    help = (
        "Prints the rules that a bucket needs: CORS for uploads straight from browsers and, with --public, reading of "
        "renditions by everybody. --apply sets them, but never over rules that are there already."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--create", action="store_true", help="Make the bucket unless it exists. Nobody may read it."
        )
        parser.add_argument("--suspend-versioning", action="store_true", help="Keep no versions from now on.")
        parser.add_argument("--apply", action="store_true", help="Set the rules at the server.")
        parser.add_argument("--public", action="store_true", help="With AVATAR_SERVE_FROM_STORE=public.")

    def handle(
        self, *args: object, create: bool, suspend_versioning: bool, apply: bool, public: bool, **options: object
    ) -> None:
        store = s3.as_s3(get_store("avatars"))
        if store is None:
            raise CommandError("Pictures are kept in files: there is no bucket to prepare.")
        client, bucket = store.connection.meta.client, store.bucket_name
        if create:
            make_bucket(client, bucket, store.region_name)
        cors = cors_rules(settings.current().site_origin)
        policy = reading_policy(bucket, s3.full_key(store, RENDITIONS))
        self._say("CORS", cors)
        if public:
            self._say("policy", policy)
        if apply and is_free(client.get_bucket_cors, bucket):
            client.put_bucket_cors(Bucket=bucket, CORSConfiguration=cors)
        if apply and public and is_free(client.get_bucket_policy, bucket):
            client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
        if suspend_versioning:
            client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
        if client.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled":
            self.stderr.write(f"{bucket} keeps versions: what people delete stays in it. Use --suspend-versioning.")

    def _say(self, name: str, rules: Mapping[str, object]) -> None:
        self.stdout.write(f"{name}: {json.dumps(rules, indent=2)}")


def make_bucket(client: S3Client, bucket: str, region: str | None) -> None:
    """Make a private bucket. One that is ours already is left as it is. Raise CommandError."""
    place: CreateBucketConfigurationTypeDef = {"LocationConstraint": region}  # type: ignore[typeddict-item]
    # Amazon's first region is the default, and the only one that must not be named.
    named = {"CreateBucketConfiguration": place} if region not in {None, "", "us-east-1"} else {}
    try:
        client.head_bucket(Bucket=bucket)
    except client.exceptions.ClientError:
        try:
            client.create_bucket(Bucket=bucket, **named)  # type: ignore[arg-type]
        except client.exceptions.ClientError as error:
            raise CommandError(f"The bucket {bucket} can't be made: {error.response['Error'].get('Code')}.") from error


def cors_rules(origin: str) -> CORSConfigurationTypeDef:
    """Return rules that allow POST from the site's origin only."""
    return {"CORSRules": [{"AllowedOrigins": [origin], "AllowedMethods": ["POST"], "AllowedHeaders": ["*"]}]}


def reading_policy(bucket: str, folder: str) -> dict[str, object]:
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    return {"Version": "2012-10-17", "Statement": [{**everybody, "Resource": f"arn:aws:s3:::{bucket}/{folder}/*"}]}


def is_free(get: Callable[..., object], bucket: str) -> bool:
    """Return True if the bucket has no such rules. Raise CommandError if it has: an operator must merge them."""
    from botocore.exceptions import ClientError  # it is there: the store is an S3 one

    try:
        get(Bucket=bucket)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return True
        raise
    raise CommandError(f"{bucket} has rules of this kind already. Add what is printed above to them by hand.")
