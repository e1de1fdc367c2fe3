import {
  to = pc_hub_server.gpu
  id = "alice/gpu"
}
