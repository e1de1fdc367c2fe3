// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// hubServerCases cover notebook servers of the case's user.
func hubServerCases() []Case {
	const (
		named         = "/users/<<caseuser>>/servers/gpu"
		defaultServer = "/users/<<caseuser>>/server"
		progress      = "/progress"
	)
	caseUserRequest := func(method, path, body string) Request {
		return Request{Method: method, Path: path, Body: body}.toHub().asUser(caseUser)
	}
	created := ExpectedResponse{Status: http.StatusCreated, ContentType: "text/plain"}
	stopped := Exchange{Request: caseUserRequest(http.MethodDelete, named, ""), Response: ExpectedResponse{Status: http.StatusNoContent}}
	starting := func(path, body string, response ExpectedResponse) Exchange {
		return Exchange{Request: caseUserRequest(http.MethodPost, path, body), Response: response}
	}
	startFailure := func(reason string) Exchange {
		return Exchange{Request: caseUserRequest(http.MethodGet, named+progress, ""), Response: eventStream(`data: {"progress": 100, "failed": true, "message": "Spawn failed: ` + reason + `"}` + "\n\n")}
	}
	listed := func(servers string) Exchange {
		model := userModel(caseUser)
		model["servers"] = servers
		return Exchange{Request: caseUserRequest(http.MethodGet, "/users/<<caseuser>>", ""), Response: hubObject(model)}
	}
	running := `{"gpu": {"name": "gpu", "display_name": "gpu", "full_name": "<<caseuser>>/gpu", "last_activity": "<<time>>", "started": "<<time>>", "pending": null, "ready": true, "stopped": false, ` +
		`"url": "/user/<<caseuser>>/gpu/", "user_options": {"profile": "small"}, "progress_url": "/hub/api/users/<<caseuser>>/servers/gpu/progress", "full_url": null, "full_progress_url": null}}`
	return requiring([]Case{
		sequence("servers: start and stop",
			starting(named, `{"profile": "small"}`, created),
			listed(running),
			Exchange{Request: caseUserRequest(http.MethodGet, named+progress, ""), Response: eventStream(`data: {"progress": 100, "ready": true, "message": "Server ready at /user/<<caseuser>>/gpu/", ` +
				`"html_message": "Server ready at <a href=\"/user/<<caseuser>>/gpu/\">/user/<<caseuser>>/gpu/</a>", "url": "/user/<<caseuser>>/gpu/"}` + "\n\n")},
			starting(named, `{"profile": "other"}`, hubError(http.StatusBadRequest, "<<caseuser>>:gpu is already running")),
			stopped, stopped, listed("{}"),
			Exchange{Request: caseUserRequest(http.MethodDelete, named, `{"remove": true}`), Response: ExpectedResponse{Status: http.StatusNoContent}},
			Exchange{Request: caseUserRequest(http.MethodDelete, named, ""), Response: hubError(http.StatusNotFound, "<<caseuser>> has no server named 'gpu'")},
		),
		sequence("servers: empty bodies repeat the options of the last start",
			starting(named, `{"profile": "small"}`, created), stopped,
			starting(named, ``, created), listed(running), stopped,
			starting(named, `{}`, created), listed(running), stopped,
			starting(named, `{"display_name": "gpu"}`, created), listed(running), stopped,
			starting(named, `{"user_options": {"profile": "small"}}`, created), listed(running), stopped,
		),
		sequence("servers: default server",
			starting(defaultServer, `{"user_options": {}}`, created),
			Exchange{Request: caseUserRequest(http.MethodDelete, defaultServer, `{"remove": true}`), Response: hubError(http.StatusBadRequest, "Cannot delete the default server")},
			Exchange{Request: caseUserRequest(http.MethodDelete, defaultServer, ""), Response: ExpectedResponse{Status: http.StatusNoContent}},
		),
		sequence("servers: start fails at once",
			starting(named, `{"profile": "broken"}`, hubError(http.StatusInternalServerError, "Internal Server Error")),
			startFailure("no node has room for it"), listed("{}"),
		),
		sequence("servers: hook rejects the start",
			starting(named, `{"profile": "refused"}`, hubError(http.StatusConflict, "quota reached")), startFailure("HTTP 409: error (quota reached)"),
		),
		singleRequest("servers: progress of an unknown server", caseUserRequest(http.MethodGet, named+progress, ""), hubErrorWithoutMessage(http.StatusNotFound)),
		singleRequest("servers: invalid name", caseUserRequest(http.MethodPost, "/users/<<caseuser>>/servers/Bad%20Name", ""), hubError(http.StatusBadRequest, "Invalid server_name: 'Bad Name'")),
		singleRequest("servers: list instead of the options", caseUserRequest(http.MethodPost, named, `[1]`), hubError(http.StatusBadRequest, "Body must be a JSON object")),
		singleRequest("servers: invalid user_options", caseUserRequest(http.MethodPost, named, `{"user_options": 1}`), hubError(http.StatusBadRequest, "user_options must be an object or null")),
		singleRequest("servers: invalid JSON", caseUserRequest(http.MethodPost, named, `{`), hubError(http.StatusBadRequest, "Invalid JSON in body of request")),
		singleRequest("servers: start for another user", newRequest(http.MethodPost, "/users/<<alice>>/servers/gpu").toHub().asUser(caseUser), hubError(http.StatusNotFound, noAccessMessage)),
		singleRequest("servers: stop for another user", newRequest(http.MethodDelete, "/users/<<alice>>/servers/gpu").toHub().asUser(caseUser), hubError(http.StatusNotFound, noAccessMessage)),
		singleRequest("servers: without credentials", newRequest(http.MethodPost, "/users/<<alice>>/servers/gpu").toHub().asUser(noUser), hubError(http.StatusForbidden, badCredentialsMessage)),
	}, Hub)
}

// eventStream is a response with server-sent events.
func eventStream(body string) ExpectedResponse {
	return ExpectedResponse{Status: http.StatusOK, ContentType: "text/event-stream", Body: body}
}
