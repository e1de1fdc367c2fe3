// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"unicode/utf8"

	"github.com/planetary-computer/terraform-provider-pc/internal/addresses"
	"github.com/planetary-computer/terraform-provider-pc/internal/dotenv"
	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

// The services of the public Planetary Computer. The second is the default of
// Python's planetary_computer (settings.py), its /token included.
const (
	defaultSTACAddress = "https://planetarycomputer.microsoft.com/api/stac/v1"
	defaultSASAddress  = "https://planetarycomputer.microsoft.com/api/sas/v1/token"
)

// maxSDKFileSize is far above the size of a file with two variables, in bytes.
const maxSDKFileSize = 256 << 10

// sdkVariables are the variables that Python's planetary_computer reads
// (settings.py).
var sdkVariables = map[string]string{
	"sas_url":          "PC_SDK_SAS_URL",
	"subscription_key": "PC_SDK_SUBSCRIPTION_KEY",
}

// sdkLayers returns the values that Python's planetary_computer would use. A variable
// in the environment, even an empty one, takes precedence over the file. The error is
// about the file.
func sdkLayers(ctx context.Context, env environment.Variables) (variables, file layer, err error) {
	variables = variableLayer(env, sdkVariables)
	file = layer{places: map[string]string{}, found: map[string]finding{}}
	name := sdkFilePath(env)
	if name == "" {
		return variables, file, nil
	}
	text, err := localfile.Read(ctx, name, maxSDKFileSize)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return variables, file, err
	}
	if !utf8.Valid(text) {
		return variables, file, errors.New(name + " is not in UTF-8")
	}
	values, err := dotenv.Parse(string(text), env)
	if err != nil {
		// Python skips an invalid line with a warning. The provider fails, so that the
		// user sees that the key is missing.
		return variables, file, fmt.Errorf("%s cannot be read: %w", name, err)
	}
	for argument, key := range sdkVariables {
		place := key + " in " + name
		file.places[argument] = place
		if _, inEnvironment := env.Lookup(key); values[key] != "" && !inEnvironment {
			file.found[argument] = finding{value: values[key], text: values[key], origin: place}
		}
	}
	return variables, file, nil
}

// sdkFilePath returns ~/.planetarycomputer/settings.env, with ~ as in Python's
// os.path.expanduser. It returns "" if the home folder is unknown.
func sdkFilePath(env environment.Variables) string {
	home := env.Home()
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".planetarycomputer", "settings.env")
}

// catalog resolves the addresses of the data services and their key.
func (r *resolver) catalog(s *Settings) {
	s.STACAddress = orDefault(convert(resolve(r, "stac_url", addresses.ParseWeb), addresses.Web.String), defaultSTACAddress)
	s.SASAddress = orDefault(convert(resolve(r, "sas_url", addresses.ParseWeb), addresses.Web.String), defaultSASAddress)
	s.GeoCatalogURL = convert(resolve(r, "geocatalog_url", addresses.ParseWeb), addresses.Web.String)
	s.STACOutranksGeoCatalog, s.SASOutranksGeoCatalog = r.outranks("stac_url", "geocatalog_url"), r.outranks("sas_url", "geocatalog_url")
	s.SubscriptionKey = resolve(r, "subscription_key", parseKey)
}

// parseKey rejects characters that are not allowed in a header.
func parseKey(text string) (secret.String, error) {
	key, err := parseToken(text)
	if err != nil {
		return key, errors.New("contains a space, a line end or another character that is not allowed in a key")
	}
	return key, nil
}
