"""Reads the files of a GeoCatalog's collection on the cluster that Terraform declared.

    terraform output -json | python job.py

The workers take the storage account, the container and the SAS token from their
environment, as adlfs and GDAL do. The job prints the number of files and bytes as JSON.
It is the smallest program that shows the access: open the files with rioxarray or zarr
instead of counting them.
"""

import json
import os
import sys
import urllib.parse
import urllib.request
import xml.etree.ElementTree

SERVICE_VERSION = "2021-08-06"


def container_url():
    """The address of the container, and the SAS token as the query to append."""
    account = os.environ["AZURE_STORAGE_ACCOUNT_NAME"]
    endpoint = os.environ.get("AZURE_STORAGE_BLOB_ENDPOINT", f"https://{account}.blob.core.windows.net")
    return endpoint + "/" + os.environ["AZURE_STORAGE_CONTAINER"], os.environ["AZURE_STORAGE_SAS_TOKEN"].removeprefix("?")


def read(url):
    request = urllib.request.Request(url, headers={"x-ms-version": SERVICE_VERSION})
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.read()


def list_files():
    """The names and sizes of all files, a page of up to 5,000 at a time."""
    container, token = container_url()
    files, marker = [], ""
    while True:
        query = urllib.parse.urlencode({"restype": "container", "comp": "list", "marker": marker})
        page = xml.etree.ElementTree.fromstring(read(f"{container}?{query}&{token}"))
        for blob in page.iter("Blob"):
            files.append((blob.findtext("Name"), int(blob.findtext("Properties/Content-Length"))))
        marker = page.findtext("NextMarker") or ""
        if not marker:
            return files


def read_file(name):
    """The number of bytes that a worker reads of a file."""
    container, token = container_url()
    return len(read(f"{container}/{urllib.parse.quote(name)}?{token}"))


def main():
    # connect.py is in a folder next to this one.
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "connect"))
    from connect import connect

    limit = int(os.environ.get("FILES", "100"))
    with connect(json.load(sys.stdin)) as client:
        files = client.submit(list_files).result()
        chosen = [name for name, _ in files[:limit]]
        read_bytes = sum(client.gather(client.map(read_file, chosen)))
    print(json.dumps({"files": len(files), "bytes": sum(size for _, size in files), "read": len(chosen), "read_bytes": read_bytes}))


if __name__ == "__main__":
    main()
