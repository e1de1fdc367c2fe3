// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"net/url"
	"strings"
)

// hubPages is the Hub for browsers, and whatever has no route of its own: the
// Hub redirects that to itself, but for what is no GET, which lacks the Hub's
// cookie.
func (s *Server) hubPages(x *exchange) *reply {
	home := s.cfg.HubPrefix + "/hub/"
	rest, own := below(x.path, s.cfg.HubPrefix+"/hub")
	answer := &reply{status: http.StatusFound, contentType: "text/html"}
	switch {
	case own && len(rest) > 1 && (x.Method == http.MethodGet || x.Method == http.MethodHead):
		return hubError(http.StatusNotFound, "404 : None", "Jupyter has lots of moons, but this is not one...")
	case x.Method == http.MethodHead:
		return hubError(http.StatusMethodNotAllowed, "405 : Method Not Allowed", "")
	case x.Method != http.MethodGet:
		const words = "&#39;_xsrf&#39; argument missing from POST"
		return hubError(http.StatusForbidden, "403 : "+words, words)
	case own && rest == "":
		answer.status = http.StatusMovedPermanently
		answer.set("Location", home)
	case own && rest == "/":
		answer.set("Location", home+"login?next="+url.QueryEscape(home))
	case x.path == s.cfg.HubPrefix+"/":
		answer.set("Location", home)
	default:
		answer.set("Location", s.cfg.HubPrefix+"/hub"+strings.TrimPrefix(x.URL.RequestURI(), s.cfg.HubPrefix))
	}
	return answer.set("X-Jupyterhub-Version", hubVersion)
}

func hubError(status int, heading, words string) *reply {
	return (&reply{status: status, contentType: "text/html", body: hubErrorPage(heading, words)}).set("X-Jupyterhub-Version", hubVersion)
}

// hubErrorPage is the Hub's page of an error, without its scripts, its
// navigation and most of its head, which make it about 6 kB long.
func hubErrorPage(heading, words string) string {
	if words != "" {
		words = "\n  <p>" + words + "</p>\n"
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
` + words + `
  </div>
  </body>
</html>
`
}
