// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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

// daskLayer has what Dask's own configuration says. Its strings are templates,
// except the type of authentication (dask_gateway/auth.py, get_auth). None, and
// the empty text, count as not set.
func daskLayer(config *daskConfig, paths []string) layer {
	l := layer{places: map[string]string{}, found: map[string]finding{}}
	for argument, key := range daskKeys {
		l.places[argument] = variable(key.variable) + ", or gateway." + strings.Join(key.keys, ".") + " in Dask's files: " + strings.Join(paths, ", ")
		part := config.get(append([]string{"gateway"}, key.keys...)...)
		if part == nil {
			continue
		}
		value := part.plain()
		if argument == "http_proxy" && value == nil {
			// Dask looks at the environment for true only, so None is false.
			value = false
		}
		if value == nil || value == "" {
			continue
		}
		f := finding{value: value, text: part.text, origin: part.origin(), template: argument != "auth"}
		if argument == "http_proxy" || argument == "proxy_address" {
			// Here a bool and a number mean something. Elsewhere they are a password or
			// a token that happens to look like one, and count as they were written.
			f.text = fmt.Sprint(value)
		}
		l.found[argument] = f
	}
	return l
}

// clusterOptions are Dask's gateway.cluster.options. Strings are templates, but
// not those inside a mapping (dask_gateway/client.py, _config_cluster_options).
// An option that is None is left out: the gateway would refuse null.
func clusterOptions(config *daskConfig, env Environment) (map[string]Setting[any], []Problem) {
	part := config.get("gateway", "cluster", "options")
	if part == nil || part.keys == nil && part.value == nil {
		return nil, nil
	}
	if part.keys == nil {
		return nil, []Problem{{
			Origin:  part.origin(),
			Summary: "The cluster options in Dask's configuration are malformed",
			Detail:  `Allowed is a mapping of option names to values, for example {"worker_cores": 2}, or one variable for each option, for example DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES=2.`,
		}}
	}
	options := make(map[string]Setting[any], len(part.keys))
	var problems []Problem
	for _, name := range slices.Sorted(maps.Keys(part.keys)) {
		option := part.keys[name]
		value := option.plain()
		if text, ok := value.(string); ok {
			filled, err := fillTemplate(text, env)
			if err != nil {
				problems = append(problems, Problem{
					Origin:  option.origin(),
					Summary: fmt.Sprintf("The cluster option %s in Dask's configuration cannot be filled in", name),
					Detail:  templateDetail(err),
				})
				continue
			}
			value = filled
		}
		if value != nil {
			options[name] = Setting[any]{Value: value, Origin: option.origin(), Set: true}
		}
	}
	return options, problems
}
