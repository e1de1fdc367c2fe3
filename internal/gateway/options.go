// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// OptionType is the type of a cluster option (dask_gateway_server/options.py).
type OptionType string

// The types of options.py.
const (
	OptionString  OptionType = "string"
	OptionBool    OptionType = "bool"
	OptionInt     OptionType = "int"
	OptionFloat   OptionType = "float"
	OptionSelect  OptionType = "select"
	OptionMapping OptionType = "mapping"
)

// Option is a cluster option that the gateway declares.
type Option struct {
	Field string
	Label string
	// Default is as the gateway's administrator wrote it: an option of type float may
	// have the default 1. Numbers are json.Number.
	Default any
	Type    OptionType
	// Min and Max are nil without a limit. Only int and float options have limits.
	Min, Max *json.Number
	// Choices are the values of a select option.
	Choices []string
}

type wireOptions struct {
	ClusterOptions []struct {
		Field   string    `json:"field"`
		Label   string    `json:"label"`
		Default wireValue `json:"default"`
		Spec    struct {
			Type    OptionType   `json:"type"`
			Min     *json.Number `json:"min"`
			Max     *json.Number `json:"max"`
			Options []string     `json:"options"`
		} `json:"spec"`
	} `json:"cluster_options"`
}

// optionsTolerance is how long the first read of the options continues while every
// response is a transient error. A gateway restarts within it, and a plan without a
// gateway does not take much longer.
const optionsTolerance = 30 * time.Second

// Options reads the options that the gateway declares for this user, in its order:
// GET /api/v1/options. All callers share one response. The client does not cache an
// error. After one outage that lasted too long it no longer waits: a plan of many
// clusters would otherwise wait for each of them.
func (c *Client) Options(ctx context.Context) ([]Option, error) {
	return c.options.Get(ctx, func(ctx context.Context) ([]Option, error) {
		policy := waitPolicy(5 * time.Second)
		policy.OutageTolerance = optionsTolerance
		if c.optionsOutage.Load() {
			policy.OutageTolerance = 0
		}
		options, err := poll.Until(ctx, c.clock, policy, func(ctx context.Context) ([]Option, bool, error) {
			options, err := c.readOptions(ctx)
			return options, true, err
		})
		if transport.IsTransient(err) && ctx.Err() == nil {
			c.optionsOutage.Store(true)
		}
		return options, err
	})
}

// hasOptions reports whether the declared options have been read.
func (c *Client) hasOptions() bool {
	_, known := c.options.Peek()
	return known
}

func (c *Client) readOptions(ctx context.Context) ([]Option, error) {
	wire, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: []string{"api", "v1", "options"}, IsRetryable: true, Want: "the cluster options",
	}, func(response wireOptions) string {
		return invalidIf(response.ClusterOptions == nil, "the response has no cluster_options")
	}, wireOptions.invalidReason)
	if err != nil {
		return nil, err
	}
	options := make([]Option, 0, len(wire.ClusterOptions))
	for _, option := range wire.ClusterOptions {
		options = append(options, Option{
			Field: option.Field, Label: option.Label, Default: option.Default.value,
			Type: option.Spec.Type, Min: finiteLimit(option.Spec.Min), Max: finiteLimit(option.Spec.Max), Choices: option.Spec.Options,
		})
	}
	return options, nil
}

// invalidReason returns why the options are invalid, or "".
func (w wireOptions) invalidReason() string {
	fields := map[string]bool{}
	for _, option := range w.ClusterOptions {
		switch {
		case option.Field == "":
			return "an option has no field"
		case fields[option.Field]:
			return fmt.Sprintf("the option %q is declared twice", option.Field)
		case option.Spec.Type == "":
			return fmt.Sprintf("the option %q has no type", option.Field)
		}
		fields[option.Field] = true
	}
	return ""
}

// finiteLimit returns nil for a limit that Python reads as infinite.
func finiteLimit(number *json.Number) *json.Number {
	if number == nil {
		return nil
	}
	if finite, ok := finiteNumber(*number).(json.Number); ok {
		return &finite
	}
	return nil
}
