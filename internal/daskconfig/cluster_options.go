// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
)

// Option is a cluster option in Dask's configuration. Value is a string, a bool,
// a json.Number, a []any or a map[string]any.
type Option struct {
	Value  any
	Origin string
}

// ClusterOptions returns Dask's gateway.cluster.options. Strings are templates,
// except those inside a mapping (dask_gateway/client.py, _config_cluster_options). An
// option that is None is left out: the gateway would refuse null.
func (c Config) ClusterOptions(env environment.Variables) (map[string]Option, []Problem) {
	part := c.Get("gateway", "cluster", "options")
	if part == nil || part.keys == nil && part.value == nil {
		return nil, nil
	}
	if part.keys == nil {
		return nil, []Problem{{
			Origin:  part.Origin(),
			Summary: "Invalid cluster options in Dask's configuration",
			Detail:  `They must be a mapping of option names to values, for example {"worker_cores": 2}. You can also set one variable for each option, for example DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES=2.`,
		}}
	}
	options := make(map[string]Option, len(part.keys))
	var problems []Problem
	size := 0 // of all texts together
	for _, name := range slices.Sorted(maps.Keys(part.keys)) {
		option := part.keys[name]
		value := option.Value()
		if text, ok := value.(string); ok {
			filled, err := FillTemplate(text, env)
			if size += len(filled); size > maxFilledSize {
				err = errTooLong
			}
			if err != nil {
				problems = append(problems, Problem{
					Origin:  option.Origin(),
					Summary: fmt.Sprintf("Could not fill in the cluster option %s of Dask's configuration", formatName(name)),
					Detail:  DescribeTemplateError(err),
				})
				if errors.Is(err, errTooLong) {
					// The same error would follow for each further option.
					break
				}
				continue
			}
			value = filled
		}
		if value != nil {
			options[name] = Option{Value: value, Origin: option.Origin()}
		}
	}
	return options, problems
}

// formatName keeps a name from a file short and on one line.
func formatName(name string) string {
	const maxLength = 60
	if len(name) > maxLength {
		name = strings.ToValidUTF8(name[:maxLength], "") + "…"
	}
	return strings.Trim(strconv.Quote(name), `"`)
}
