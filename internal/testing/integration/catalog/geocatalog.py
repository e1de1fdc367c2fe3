"""Reads a collection and a SAS token of a GeoCatalog: ENDPOINT CA-FILE COLLECTION MINUTES."""

import json
import os
import sys
import time
import urllib.parse

from azure.core.credentials import AccessToken
from azure.planetarycomputer import PlanetaryComputerProClient


class Credential:
    def get_token(self, *scopes, **_):
        assert scopes == ("https://geocatalog.spatio.azure.com/.default",), scopes
        return AccessToken(os.environ["GEOCATALOG_TOKEN"], int(time.time()) + 3600)


def times(interval):
    return [end.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(end, "strftime") else end for end in interval]


endpoint, ca, collection_id, minutes = sys.argv[1:]
with PlanetaryComputerProClient(endpoint, Credential(), connection_verify=ca) as client:
    collection = client.stac.get_collection(collection_id)
    item = client.stac.get_item_collection(collection_id, limit=1).features[0]
    token = client.sas.get_token(collection_id, duration_in_minutes=int(minutes))

href = urllib.parse.urlsplit(item.assets["image"].href)
json.dump(
    {
        "id": collection.id,
        "title": collection.title,
        "description": collection.description,
        "license": collection.license,
        "extent": {
            "bbox": collection.extent.spatial.bounding_box,
            "interval": [times(interval) for interval in collection.extent.temporal.interval],
        },
        "assets": {key: asset.as_dict() for key, asset in collection.assets.items()},
        "item_assets": {key: asset.as_dict() for key, asset in collection.item_assets.items()},
        "storage_account": href.hostname.split(".")[0],
        "container": href.path.split("/")[1],
        "token": token.token,
        "expires_at": token.expires_on.strftime("%Y-%m-%dT%H:%M:%SZ"),
    },
    sys.stdout,
)
