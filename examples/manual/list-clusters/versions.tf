terraform {
  required_providers {
    pc = {
      source = "planetary-computer/pc"
    }
  }
}
