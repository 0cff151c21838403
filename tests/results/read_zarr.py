# Opens Zarr folders as a user of xarray would, and prints what it found as JSON: one line for each path on stdin.
import json
import sys
import warnings

import numpy
import xarray
import zarr

warnings.simplefilter("ignore")


def plain(value):
    """Numbers as texts that are the same only for the same number."""
    flat = numpy.asarray(value).ravel()
    if flat.dtype.kind == "f":
        return [repr(float(x)) for x in flat]
    if flat.dtype.kind == "i":
        return [int(x) for x in flat]
    return [str(x) for x in flat]


def described(array):
    return {"dims": list(array.dims), "shape": list(array.shape), "type": array.dtype.kind + str(array.dtype.itemsize) if array.dtype.kind != "U" else "U", "values": plain(array.values)}


for line in sys.stdin:
    path = line.rstrip("\n")
    found = {}
    for name in zarr.open_consolidated(path, mode="r").group_keys():
        group = xarray.open_zarr(path, group=name, consolidated=True)
        found[name] = {
            "variables": {key: described(group[key]) for key in group.data_vars},
            "coordinates": {key: described(group[key]) for key in group.coords},
            "indexes": sorted(group.indexes),
            "attributes": {key: group.attrs[key] for key in group.attrs},
        }
    print(json.dumps(found), flush=True)
