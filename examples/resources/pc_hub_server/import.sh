terraform import pc_hub_server.lab alice/
terraform import pc_hub_server.gpu alice/gpu
