// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"fmt"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/daskconfig"
	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
)

// daskKeys are the keys below "gateway" in Dask's configuration
// (dask_gateway/gateway.yaml), and the environment variables that set them.
var daskKeys = map[string]struct {
	keys     []string
	variable string
}{
	"address":        {[]string{"address"}, "DASK_GATEWAY__ADDRESS"},
	"proxy_address":  {[]string{"proxy-address"}, "DASK_GATEWAY__PROXY_ADDRESS"},
	"public_address": {[]string{"public-address"}, "DASK_GATEWAY__PUBLIC_ADDRESS"},
	"auth":           {[]string{"auth", "type"}, "DASK_GATEWAY__AUTH__TYPE"},
	"api_token":      {[]string{"auth", "kwargs", "api_token"}, "DASK_GATEWAY__AUTH__KWARGS__API_TOKEN"},
	"username":       {[]string{"auth", "kwargs", "username"}, "DASK_GATEWAY__AUTH__KWARGS__USERNAME"},
	"password":       {[]string{"auth", "kwargs", "password"}, "DASK_GATEWAY__AUTH__KWARGS__PASSWORD"},
	"http_proxy":     {[]string{"http-client", "proxy"}, "DASK_GATEWAY__HTTP_CLIENT__PROXY"},
}

// daskLayer contains the values of Dask's configuration. Its strings are templates,
// except the type of authentication (dask_gateway/auth.py, get_auth). None and an
// empty text count as not set.
func daskLayer(config daskconfig.Config) layer {
	l := layer{places: map[string]string{}, found: map[string]finding{}}
	for argument, key := range daskKeys {
		l.places[argument] = environment.Describe(key.variable) + ", or gateway." + strings.Join(key.keys, ".") + " in Dask's files: " + strings.Join(config.Paths, ", ")
		part := config.Get(append([]string{"gateway"}, key.keys...)...)
		if part == nil {
			continue
		}
		value := part.Value()
		if argument == "http_proxy" && value == nil {
			// Dask compares this variable with true only, so None means false.
			value = false
		}
		if value == nil || value == "" {
			continue
		}
		f := finding{value: value, text: part.Text(), origin: part.Origin(), isTemplate: argument != "auth"}
		if argument == "http_proxy" || argument == "proxy_address" {
			// A bool or a number is meaningful here. For other arguments it is a
			// password or a token that looks like one, so it is used as written.
			f.text = fmt.Sprint(value)
		}
		l.found[argument] = f
	}
	return l
}
