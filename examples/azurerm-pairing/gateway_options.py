# What one may choose for a cluster: the options of pc_dask_cluster.
from dask_gateway_server.options import Float, Integer, Mapping, Options, String


def options_handler(options):
    return {
        "worker_cores": options.worker_cores,
        "worker_memory": int(options.worker_memory * 2**30),
        "image": options.image,
        "environment": options.environment,
    }


c.Backend.cluster_options = Options(
    Integer("worker_cores", default=1, min=1, max=8, label="Worker cores"),
    Float("worker_memory", default=4, min=1, max=32, label="Worker memory (GiB)"),
    String("image", default="pangeo/pangeo-notebook:2026.08.01", label="Image"),
    Mapping("environment", {}, label="Environment variables"),
    handler=options_handler,
)
c.ClusterConfig.idle_timeout = 1800
