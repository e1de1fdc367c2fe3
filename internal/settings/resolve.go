// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/planetary-computer/terraform-provider-pc/internal/daskconfig"
	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const defaultMaxRetries = 4

// maxProblems limits the problems that are reported: a file can contain thousands of
// invalid values.
const maxProblems = 20

// sources contains what is read from files and the environment.
type sources struct {
	dask          daskconfig.Config
	daskProblems  []daskconfig.Problem
	sdk, sdkFile  layer
	sdkErr        error
	trustProblems []Problem
}

func readSources(ctx context.Context, env environment.Variables) sources {
	var s sources
	s.dask, s.daskProblems = daskconfig.Read(ctx, env)
	s.sdk, s.sdkFile, s.sdkErr = sdkLayers(ctx, env)
	s.trustProblems = checkSystemCertificates(ctx, env)
	return s
}

// Resolve finds the value of every argument: in the provider block, in PC_*
// variables, in Dask's configuration, in the settings of Python's planetary_computer,
// in JupyterHub's variables, in this order. Only the value that is used is checked.
// The settings are valid only if there is no problem. Resolve returns when ctx ends,
// even while a file system does not respond.
func Resolve(ctx context.Context, block Block, env environment.Variables) (Settings, []Problem) {
	read := make(chan sources, 1)
	go func() { read <- readSources(ctx, env) }()
	select {
	case found := <-read:
		if ctx.Err() == nil {
			return resolveFrom(block, env, found)
		}
	case <-ctx.Done():
	}
	return Settings{}, []Problem{{
		Summary: "Reading the settings was cancelled",
		Detail:  "The provider had not yet read all files of Dask's configuration: " + ctx.Err().Error() + ".",
	}}
}

func resolveFrom(block Block, env environment.Variables, found sources) (Settings, []Problem) {
	r := &resolver{env: env, layers: []layer{
		blockLayer(block),
		variableLayer(env, providerVariables),
		daskLayer(found.dask),
		found.sdk,
		found.sdkFile,
		variableLayer(env, hubVariables),
	}}
	s := Settings{SDKFileError: found.sdkErr}
	r.addresses(&s)
	r.credentials(&s)
	r.catalog(&s)
	s.Entra = r.entra(env, r.layers[0])
	s.CACertificate = resolve(r, "ca_certificate", parseCertificates)
	s.HTTPProxy = resolve(r, "http_proxy", parseProxySetting)
	s.MaxRetries = orDefault(resolve(r, "max_retries", parseRetries), defaultMaxRetries)
	s.MaxConnections = orDefault(resolve(r, "max_connections", parseConnections), transport.DefaultMaxConnections)
	s.RequestTimeout = orDefault(resolve(r, "request_timeout", parseTimeout), transport.DefaultRequestTimeout)
	s.AllowCleartext = resolve(r, "allow_cleartext", parseBool)
	options, problems := found.dask.ClusterOptions(env)
	s.ClusterOptions = make(map[string]Setting[any], len(options))
	for name, option := range options {
		s.ClusterOptions[name] = Setting[any]{Value: option.Value, Origin: option.Origin, IsSet: true}
	}
	s.places = places(slices.Concat(r.layers, entraLayers(env)))
	return s, firstProblems(slices.Concat(outsideBlock(found.daskProblems), found.trustProblems, r.problems, outsideBlock(problems)))
}

// firstProblems shortens a long list of problems.
func firstProblems(problems []Problem) []Problem {
	if len(problems) <= maxProblems {
		return problems
	}
	return append(problems[:maxProblems:maxProblems], Problem{
		Summary: "There are more problems with the settings",
		Detail:  fmt.Sprintf("The first %d of %d are shown.", maxProblems, len(problems)),
	})
}

// outsideBlock converts problems that no argument of the provider block causes.
func outsideBlock(problems []daskconfig.Problem) []Problem {
	converted := make([]Problem, 0, len(problems))
	for _, problem := range problems {
		converted = append(converted, Problem{Origin: problem.Origin, Summary: problem.Summary, Detail: problem.Detail})
	}
	return converted
}

// resolver looks up arguments in the layers and collects problems.
type resolver struct {
	env      environment.Variables
	layers   []layer
	problems []Problem
}

// hubLayer is the index of the layer with JupyterHub's variables, the last one.
func (r *resolver) hubLayer() int { return len(r.layers) - 1 }

// find returns the value from the first layer that has one, and the index of that
// layer. The index is len(r.layers) if no layer has a value.
func (r *resolver) find(argument string) (finding, int) {
	for rank, layer := range r.layers {
		if f, ok := layer.found[argument]; ok {
			return f, rank
		}
	}
	return finding{}, len(r.layers)
}

// outranks reports whether an argument is set in the same layer as the other, or in
// an earlier one.
func (r *resolver) outranks(argument, other string) bool {
	_, rank := r.find(argument)
	_, otherRank := r.find(other)
	return rank < len(r.layers) && rank <= otherRank
}

func places(layers []layer) map[string][]string {
	places := map[string][]string{}
	for _, layer := range layers {
		for argument, place := range layer.places {
			places[argument] = append(places[argument], place)
		}
	}
	return places
}

// resolve finds an argument's value and parses it.
func resolve[T any](r *resolver, argument string, parse func(text string) (T, error)) Setting[T] {
	f, rank := r.find(argument)
	if rank == len(r.layers) {
		return Setting[T]{}
	}
	return parseFinding(r, argument, f, parse)
}

// parseFinding parses a value that was found. An invalid value becomes a problem and
// reads as unknown, so that nothing is derived from it.
func parseFinding[T any](r *resolver, argument string, f finding, parse func(text string) (T, error)) Setting[T] {
	if f.isUnknown {
		return Setting[T]{Origin: f.origin, IsUnknown: true}
	}
	text, detail := f.text, ""
	if value, isString := f.value.(string); isString {
		text = value
		if f.isTemplate {
			filled, err := daskconfig.FillTemplate(value, r.env)
			if err != nil {
				detail = arguments[argument].describeTemplate(value, err)
			}
			text = filled
		}
	}
	var value T
	if detail == "" {
		var err error
		if value, err = parseNonEmpty(argument, text, parse); err != nil {
			detail = arguments[argument].describe(text, err)
		}
	}
	if detail != "" {
		r.problems = append(r.problems, Problem{
			Argument: f.argument,
			Origin:   f.origin,
			Summary:  invalidValue(argument),
			Detail:   detail,
		})
		return Setting[T]{Origin: f.origin, IsUnknown: true}
	}
	return Setting[T]{Value: value, Origin: f.origin, IsSet: true}
}

// parseNonEmpty rejects an empty value of all arguments but passwords. In the
// provider block it usually comes from a forgotten variable. Falling back to the
// environment could act as another user.
func parseNonEmpty[T any](argument, text string, parse func(text string) (T, error)) (T, error) {
	if text == "" && argument != "password" && argument != "client_certificate_password" {
		var none T
		return none, errors.New("is empty")
	}
	return parse(text)
}

func orDefault[T any](s Setting[T], value T) Setting[T] {
	if !s.IsSet {
		s.Value = value
	}
	return s
}
