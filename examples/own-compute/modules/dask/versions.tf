terraform {
  required_version = ">= 1.9"

  required_providers {
    pc = {
      source = "planetary-computer/pc"
    }
    tls = {
      source  = "hashicorp/tls"
      version = ">= 4.0, < 5.0"
    }
  }
}
