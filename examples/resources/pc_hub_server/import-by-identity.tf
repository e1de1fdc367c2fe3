import {
  to = pc_hub_server.gpu
  identity = {
    user = "alice"
    name = "gpu"
  }
}
