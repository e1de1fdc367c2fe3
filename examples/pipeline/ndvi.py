"""Computes a vegetation index on the cluster that Terraform declared.

    terraform output -json | python ndvi.py

The bands are generated, so that the result is known; put your own arrays in
their place, from a STAC search for example. The result is JSON on standard
output.
"""

import json
import os
import sys

import dask.array as da

# connect.py stands in the folder beside this one.
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "connect"))
from connect import connect  # noqa: E402

SIDE = 2310


def bands(side):
    """A red and a near-infrared band of side by side pixels, in 16 chunks."""
    pixel = da.arange(side * side, chunks=side * side // 16)
    red = (pixel % 7 + 1) / 20
    nir = (pixel % 11 + 5) / 20
    return red, nir


def main():
    side = int(os.environ.get("NDVI_SIDE", SIDE))
    with connect(json.load(sys.stdin)):
        red, nir = bands(side)
        ndvi = (nir - red) / (nir + red)
        mean, vegetated = da.compute(ndvi.mean(), (ndvi > 0.3).mean())
    print(json.dumps({"pixels": side * side, "mean_ndvi": float(mean), "vegetated": float(vegetated)}))


if __name__ == "__main__":
    main()
