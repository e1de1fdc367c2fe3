// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/planetary-computer/terraform-provider-pc/internal/addresses"
	"github.com/planetary-computer/terraform-provider-pc/internal/optionreader"
)

// The authentication methods that have a name in dask_gateway/auth.py, get_auth.
const (
	authJupyterHub = "jupyterhub"
	authBasic      = "basic"
	authKerberos   = "kerberos"
)

// gatewayOptions are all options of GatewayConfig.
var gatewayOptions = []string{
	"address", "api_token", "auth", "cluster_options", "http_proxy", "include_secrets", "password", "proxy_address", "public_address", "username",
}

// GatewayOptions are the names of the options of GatewayConfig, sorted.
func GatewayOptions() []string { return slices.Clone(gatewayOptions) }

// GatewayConfig returns the YAML with which Python's Gateway() needs no argument: a
// file for ~/.config/dask, or for the path in DASK_CONFIG. The options are as
// encoding/json decodes them with UseNumber, or optionreader.Unknown if they are not
// known yet. In that case the known options are checked, the text is "" and known is
// false. An error is one *optionreader.Error, or several joined. The same options
// result in the same bytes.
//
// Braces are escaped in texts that Dask reads as templates: names in braces do not
// stand for environment variables (dask_gateway/client.py, format_template).
func GatewayConfig(options map[string]any) (text string, known bool, err error) {
	r := gatewayReader{optionreader.New(options)}
	r.CheckNames(gatewayOptions)
	gateway := mapping{}
	gateway.add("address", r.template(r.Required("address", webAddress)))
	gateway.add("proxy-address", r.proxyAddress())
	gateway.add("public-address", r.template(r.Text("public_address", publicAddress)))
	gateway.add("auth", r.auth())
	if proxy := r.httpProxy(); proxy != nil {
		client := mapping{}
		client.add("proxy", proxy)
		gateway.add("http-client", client.node())
	}
	if chosen := r.clusterOptions(); chosen != nil {
		cluster := mapping{}
		cluster.add("options", chosen)
		gateway.add("cluster", cluster.node())
	}
	if err := r.Err(); err != nil || r.HasUnknown() {
		return "", false, err
	}
	document := mapping{}
	document.add("gateway", gateway.node())
	var written bytes.Buffer
	encoder := yaml.NewEncoder(&written)
	encoder.SetIndent(2)
	if err := encoder.Encode(document.node()); err != nil {
		return "", false, fmt.Errorf("write the configuration: %w", err)
	}
	return written.String(), true, nil
}

// gatewayReader reads the options of GatewayConfig.
type gatewayReader struct{ *optionreader.Reader }

// mapping is a YAML mapping that keeps the order of its members.
type mapping struct{ content []*yaml.Node }

// add adds a member unless it is nil.
func (m *mapping) add(key string, value *yaml.Node) {
	if value != nil {
		m.content = append(m.content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, value)
	}
}

func (m *mapping) node() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Content: m.content} }

// template returns a text that Dask reads as a template, or nil for "".
func (r gatewayReader) template(text string) *yaml.Node {
	if text == "" {
		return nil
	}
	return YAMLString(strings.NewReplacer("{", "{{", "}", "}}").Replace(text))
}

func (r gatewayReader) proxyAddress() *yaml.Node {
	const name = "proxy_address"
	if port, ok := r.Value(name).(json.Number); ok {
		if number, err := port.Int64(); err != nil || number < 1 || number > 65535 {
			r.Reject(name, "must be a port from 1 to 65535 or an address such as gateway://dask.example.com:8786, not "+port.String())
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: port.String()}
	}
	text := r.Text(name, proxyAddress)
	if proxy, err := addresses.ParseSchedulerProxy(text); text != "" && err == nil && proxy.Port > 0 {
		// Python accepts a port only as a number.
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(proxy.Port)}
	}
	return r.template(text)
}

// auth always writes the type, because Dask's default differs from the provider's.
func (r gatewayReader) auth() *yaml.Node {
	method := r.Text("auth", func(text string) string {
		if slices.Contains([]string{authJupyterHub, authBasic, authKerberos}, text) {
			return ""
		}
		return fmt.Sprintf("must be %q, %q or %q, which Python supports, not %q", authJupyterHub, authBasic, authKerberos, text)
	})
	if r.Value("auth") == nil {
		method = authJupyterHub
	}
	// The method decides which arguments are allowed.
	isMethodKnown := method != ""
	includesSecrets := r.Flag("include_secrets", false)
	arguments := mapping{}
	for _, argument := range []struct {
		name, method string
		isSecret     bool
	}{{"api_token", authJupyterHub, true}, {"username", authBasic, false}, {"password", authBasic, true}} {
		value := r.Text(argument.name, optionreader.OneLine)
		switch {
		case r.IsAbsent(argument.name) || r.Value(argument.name) == nil:
		case isMethodKnown && argument.method != method:
			r.Reject(argument.name, fmt.Sprintf("is for auth = %q, and auth is %q", argument.method, method))
		case argument.isSecret && !includesSecrets:
			r.Reject(argument.name, "is a secret: leave it out, and let Python find it in "+secretVariable(argument.name)+", or set include_secrets = true to have it in the text")
		default:
			arguments.add(argument.name, r.template(value))
		}
	}
	auth := mapping{}
	auth.add("type", YAMLString(method))
	if len(arguments.content) > 0 {
		auth.add("kwargs", arguments.node())
	}
	return auth.node()
}

func secretVariable(name string) string {
	if name == "api_token" {
		return "JUPYTERHUB_API_TOKEN"
	}
	return "DASK_GATEWAY__AUTH__KWARGS__PASSWORD"
}

// httpProxy returns a URL, or a bool that states whether Dask uses the proxy of the
// environment.
func (r gatewayReader) httpProxy() *yaml.Node {
	const name = "http_proxy"
	if chosen, ok := r.Value(name).(bool); ok {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(chosen)}
	}
	if text, isText := r.Value(name).(string); isText {
		// A flag that went through a variable or an environment variable is text.
		if usesEnvironment, isFlag := addresses.ParseProxyFlag(text); isFlag {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(usesEnvironment)}
		}
	}
	return r.template(r.Text(name, func(text string) string {
		address, err := addresses.ParseHTTPProxy(text)
		switch {
		case err != nil || address.Scheme != "http" && address.Scheme != "https":
			// Python uses aiohttp, which does not support socks5.
			return "must be true, false or a URL such as http://proxy.example.com:3128"
		case address.User != nil && !r.Flag("include_secrets", false):
			return "has a user in it, which may be a secret: leave it out, or set include_secrets = true to have it in the text"
		default:
			return optionreader.OneLine(text)
		}
	}))
}

// clusterOptions returns the defaults of new clusters. Texts at the top are
// templates, texts inside other values are not.
func (r gatewayReader) clusterOptions() *yaml.Node {
	const name = "cluster_options"
	given, ok := optionreader.Read[map[string]any](r.Reader, name, "an object")
	if !ok {
		return nil
	}
	options := &yaml.Node{Kind: yaml.MappingNode}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		value := given[key]
		if text, isText := value.(string); isText {
			value = strings.NewReplacer("{", "{{", "}", "}}").Replace(text)
		}
		if value == nil {
			// The gateway would refuse null.
			continue
		}
		options.Content = append(options.Content, YAMLString(key), r.yamlValue(name+"."+key, value))
	}
	return options
}

// yamlValue writes a value so that YAML 1.1 reads the same value.
func (r gatewayReader) yamlValue(path string, value any) *yaml.Node {
	switch value := value.(type) {
	case optionreader.Unknown:
		r.MarkUnknown()
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	case nil:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(value)}
	case json.Number:
		return r.yamlNumber(path, value)
	case string:
		return YAMLString(value)
	case []any:
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for i, element := range value {
			list.Content = append(list.Content, r.yamlValue(fmt.Sprintf("%s[%d]", path, i), element))
		}
		return list
	case map[string]any:
		object := &yaml.Node{Kind: yaml.MappingNode}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			object.Content = append(object.Content, YAMLString(key), r.yamlValue(path+"."+key, value[key]))
		}
		return object
	default:
		r.Reject(path, "cannot be written")
		return nil
	}
}

// yamlNumber keeps integers, and writes floats with a point and a sign in the
// exponent, without which they are texts in YAML 1.1.
func (r gatewayReader) yamlNumber(path string, number json.Number) *yaml.Node {
	text := number.String()
	if !strings.ContainsAny(text, ".eE") {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: text}
	}
	value, err := number.Float64()
	if err != nil {
		r.Reject(path, "is a number that a Python float cannot represent: "+text)
		return nil
	}
	text = strconv.FormatFloat(value, 'g', -1, 64)
	mantissa, exponent, hasExponent := strings.Cut(text, "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if hasExponent {
		mantissa += "e" + exponent
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: mantissa}
}

// YAMLString returns a node that is a string both in YAML 1.1, which Dask and
// cloud-init read, and in 1.2. It is quoted, because a bare = or << is not a string
// in YAML 1.1. It is not a literal block if it begins with a tab, because no YAML
// accepts that.
func YAMLString(text string) *yaml.Node {
	style := yaml.DoubleQuotedStyle
	if strings.Contains(text, "\n") && strings.TrimLeft(text, " \t\n") == text {
		style = yaml.LiteralStyle
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Style: style}
}

// The checks of addresses accept what the provider block accepts.

func webAddress(text string) string {
	_, err := addresses.ParseWeb(text)
	return describeAddress(text, err, "must be an address such as https://hub.example.com/services/dask-gateway/, without a user, a query or a fragment")
}

// publicAddress also accepts a path alone, as the daskhub chart configures it.
func publicAddress(text string) string {
	_, err := addresses.ParsePublic(text)
	return describeAddress(text, err, "must be an address such as https://hub.example.com/services/dask-gateway/ or a path such as /services/dask-gateway/, without a user, a query or a fragment")
}

func proxyAddress(text string) string {
	_, err := addresses.ParseSchedulerProxy(text)
	return describeAddress(text, err, "must be a port, or an address with one such as gateway://dask.example.com:8786")
}

// describeAddress returns what is wrong with an address, or "".
func describeAddress(text string, err error, want string) string {
	if err == nil {
		return optionreader.OneLine(text)
	}
	subject := "it"
	if quoted, ok := addresses.Quote(text); ok {
		subject = quoted
	}
	return want + ": " + subject + " " + err.Error()
}
