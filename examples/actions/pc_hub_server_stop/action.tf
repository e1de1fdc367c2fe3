# terraform apply -invoke=action.pc_hub_server_stop.gpu
action "pc_hub_server_stop" "gpu" {
  config {
    user = "alice"
    name = "gpu"
  }
}
