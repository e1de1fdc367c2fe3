// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskscheduler

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/planetary-computer/terraform-provider-pc/internal/addresses"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// dashboardPort is Dask's default (distributed.yaml).
const dashboardPort = "8787"

// webServer is the address of a scheduler's web server, and the argument that it comes
// from.
type webServer struct {
	url  string
	from path.Path
}

func (m *schedulerModel) dashboard() webServer {
	if m.Address.IsNull() {
		return webServer{url: m.DashboardURL.ValueString(), from: path.Root("dashboard_url")}
	}
	scheme, host := "http", ""
	if !m.CACertificate.IsNull() {
		scheme = "https"
	}
	// The validators have rejected addresses that do not parse.
	if parsed, err := url.Parse(m.Address.ValueString()); err == nil {
		host = parsed.Hostname()
	}
	location := url.URL{Scheme: scheme, Host: net.JoinHostPort(host, dashboardPort)}
	return webServer{url: location.String(), from: path.Root("address")}
}

// correction returns what to change if another server responds, or none.
func (s webServer) correction(err error) string {
	failure, ok := errors.AsType[*transport.Error](err)
	certificates := []transport.TLSReason{transport.TLSUntrusted, transport.TLSSelfSigned, transport.TLSWrongHost, transport.TLSExpired, transport.TLSNotYetValid}
	switch {
	case ok && failure.Kind == transport.KindProxy:
		return diagnostics.ProxyAdvice(failure)
	case ok && failure.Kind == transport.KindTLS && slices.Contains(certificates, failure.TLS):
		return "The provider used the address " + s.url + ". Check that ca_certificate is the authority that signed the dashboard's certificate, and that server_name is a name in that certificate. " +
			"Until it restarts, a scheduler uses the certificate that it was started with."
	}
	if s.from.Equal(path.Root("address")) {
		return "The provider used the address " + s.url + ". Set dashboard_url instead of address if the web server has another port than " + dashboardPort +
			", and ca_certificate if it uses TLS."
	}
	return "The provider used the address " + s.url + ". Set the address of the scheduler's web server, by default port " + dashboardPort +
		", not the address for Dask's clients. Begin with https:// if the dashboard uses TLS, and add its path if it has a prefix."
}

// daskAddress validates the address of a scheduler for Dask's clients.
type daskAddress struct{}

func (daskAddress) Description(context.Context) string {
	return "value must be tls:// or tcp://, a host and a port"
}

func (v daskAddress) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v daskAddress) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if problem := addresses.CheckScheduler(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid address of a Dask scheduler",
			"The value "+problem+". Set dashboard_url for the address of its web server.")
	}
}

// webAddress validates the URL of a web server without a query.
type webAddress struct{}

func (webAddress) Description(context.Context) string {
	return "value must be a URL that begins with http:// or https:// and names a host, without user, query and fragment"
}

func (v webAddress) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v webAddress) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	parsed, err := url.Parse(req.ConfigValue.ValueString())
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" ||
		parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid address of a web server", diagnostics.Sentence(v.Description(ctx))+
			" For example http://10.0.0.4:8787.")
	}
}
