// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// hubServerCases are about the servers of a user who is alone in the case.
func hubServerCases() []Case {
	const (
		named    = "/users/<<loner>>/servers/gpu"
		alone    = "/users/<<loner>>/server"
		progress = "/progress"
	)
	at := func(method, path, body string) Request {
		return Request{Method: method, Path: path, Body: body}.hub().as(loner)
	}
	made := Answer{Status: http.StatusCreated, Type: "text/plain"}
	stopped := Exchange{Request: at(http.MethodDelete, named, ""), Answer: Answer{Status: http.StatusNoContent}}
	starts := func(path, body string, answer Answer) Exchange {
		return Exchange{Request: at(http.MethodPost, path, body), Answer: answer}
	}
	fails := func(reason string) Exchange {
		return Exchange{Request: at(http.MethodGet, named+progress, ""), Answer: stream(`data: {"progress": 100, "failed": true, "message": "Spawn failed: ` + reason + `"}` + "\n\n")}
	}
	listed := func(servers string) Exchange {
		model := userModel(loner)
		model["servers"] = servers
		return Exchange{Request: at(http.MethodGet, "/users/<<loner>>", ""), Answer: hubObject(model)}
	}
	running := `{"gpu": {"name": "gpu", "display_name": "gpu", "full_name": "<<loner>>/gpu", "last_activity": "<<time>>", "started": "<<time>>", "pending": null, "ready": true, "stopped": false, ` +
		`"url": "/user/<<loner>>/gpu/", "user_options": {"profile": "small"}, "progress_url": "/hub/api/users/<<loner>>/servers/gpu/progress", "full_url": null, "full_progress_url": null}}`
	return needing([]Case{
		story("servers: one that starts, is there and stops",
			starts(named, `{"profile": "small"}`, made),
			listed(running),
			Exchange{Request: at(http.MethodGet, named+progress, ""), Answer: stream(`data: {"progress": 100, "ready": true, "message": "Server ready at /user/<<loner>>/gpu/", ` +
				`"html_message": "Server ready at <a href=\"/user/<<loner>>/gpu/\">/user/<<loner>>/gpu/</a>", "url": "/user/<<loner>>/gpu/"}` + "\n\n")},
			starts(named, `{"profile": "other"}`, hubError(http.StatusBadRequest, "<<loner>>:gpu is already running")),
			stopped, stopped, listed("{}"),
			Exchange{Request: at(http.MethodDelete, named, `{"remove": true}`), Answer: Answer{Status: http.StatusNoContent}},
			Exchange{Request: at(http.MethodDelete, named, ""), Answer: hubError(http.StatusNotFound, "<<loner>> has no server named 'gpu'")},
		),
		story("servers: nothing and an empty object leave the options of the last start",
			starts(named, `{"profile": "small"}`, made), stopped,
			starts(named, ``, made), listed(running), stopped,
			starts(named, `{}`, made), listed(running), stopped,
			starts(named, `{"display_name": "gpu"}`, made), listed(running), stopped,
			starts(named, `{"user_options": {"profile": "small"}}`, made), listed(running), stopped,
		),
		story("servers: the default one",
			starts(alone, `{"user_options": {}}`, made),
			Exchange{Request: at(http.MethodDelete, alone, `{"remove": true}`), Answer: hubError(http.StatusBadRequest, "Cannot delete the default server")},
			Exchange{Request: at(http.MethodDelete, alone, ""), Answer: Answer{Status: http.StatusNoContent}},
		),
		story("servers: one that fails at once",
			starts(named, `{"profile": "broken"}`, hubError(http.StatusInternalServerError, "Internal Server Error")),
			fails("no node has room for it"), listed("{}"),
		),
		story("servers: one that its hook refuses",
			starts(named, `{"profile": "refused"}`, hubError(http.StatusConflict, "quota reached")), fails("HTTP 409: error (quota reached)"),
		),
		one("servers: the progress of none", at(http.MethodGet, named+progress, ""), hubSilence(http.StatusNotFound)),
		one("servers: a name that cannot be", at(http.MethodPost, "/users/<<loner>>/servers/Bad%20Name", ""), hubError(http.StatusBadRequest, "Invalid server_name: 'Bad Name'")),
		one("servers: a list in the place of the options", at(http.MethodPost, named, `[1]`), hubError(http.StatusBadRequest, "Body must be a JSON object")),
		one("servers: user_options that are none", at(http.MethodPost, named, `{"user_options": 1}`), hubError(http.StatusBadRequest, "user_options must be an object or null")),
		one("servers: no JSON", at(http.MethodPost, named, `{`), hubError(http.StatusBadRequest, "Invalid JSON in body of request")),
		one("servers: of somebody else", send(http.MethodPost, "/users/<<alice>>/servers/gpu").hub().as(loner), hubError(http.StatusNotFound, noAccess)),
		one("servers: the end of one of somebody else", send(http.MethodDelete, "/users/<<alice>>/servers/gpu").hub().as(loner), hubError(http.StatusNotFound, noAccess)),
		one("servers: without credentials", send(http.MethodPost, "/users/<<alice>>/servers/gpu").hub().as(nobody), hubError(http.StatusForbidden, badCredentials)),
	}, Hub)
}

// stream is an answer of events.
func stream(body string) Answer {
	return Answer{Status: http.StatusOK, Type: "text/event-stream", Body: body}
}
