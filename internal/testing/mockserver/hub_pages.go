// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"net/url"
	"strings"
)

// hubPages serves the Hub's pages and all paths without a route. The Hub redirects
// a GET to itself and rejects other methods, because they lack its cookie.
func (s *Server) hubPages(x *exchange) *httpResponse {
	home := s.cfg.HubPrefix + "/hub/"
	rest, own := cutPathPrefix(x.path, s.cfg.HubPrefix+"/hub")
	response := &httpResponse{status: http.StatusFound, contentType: "text/html"}
	switch {
	case own && len(rest) > 1 && (x.Method == http.MethodGet || x.Method == http.MethodHead):
		return hubErrorPageResponse(http.StatusNotFound, "404 : None", "Jupyter has lots of moons, but this is not one...")
	case x.Method == http.MethodHead:
		return hubErrorPageResponse(http.StatusMethodNotAllowed, "405 : Method Not Allowed", "")
	case x.Method != http.MethodGet:
		const message = "&#39;_xsrf&#39; argument missing from POST"
		return hubErrorPageResponse(http.StatusForbidden, "403 : "+message, message)
	case own && rest == "":
		response.status = http.StatusMovedPermanently
		response.setHeader("Location", home)
	case own && rest == "/":
		response.setHeader("Location", home+"login?next="+url.QueryEscape(home))
	case x.path == s.cfg.HubPrefix+"/":
		response.setHeader("Location", home)
	default:
		response.setHeader("Location", s.cfg.HubPrefix+"/hub"+strings.TrimPrefix(x.URL.RequestURI(), s.cfg.HubPrefix))
	}
	return response.setHeader("X-Jupyterhub-Version", hubVersion)
}

func hubErrorPageResponse(status int, heading, message string) *httpResponse {
	return (&httpResponse{status: status, contentType: "text/html", body: hubErrorPage(heading, message)}).setHeader("X-Jupyterhub-Version", hubVersion)
}

// hubErrorPage is the Hub's error page without its scripts, its navigation and most
// of its head, which make it about 6 kB long.
func hubErrorPage(heading, message string) string {
	if message != "" {
		message = "\n  <p>" + message + "</p>\n"
	}
	return `

<!DOCTYPE HTML>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>JupyterHub</title>
    <meta http-equiv="X-UA-Compatible" content="chrome=1">
    <link rel="stylesheet" href="/hub/static/css/style.min.css" type="text/css"/>
  </head>
  <body>
    <noscript>
      <div id="noscript">
        JupyterHub requires JavaScript.
        <br>
        Please enable it to proceed.
      </div>
    </noscript>
  <div class="error">

      <h1>` + heading + `</h1>
` + message + `
  </div>
  </body>
</html>
`
}
