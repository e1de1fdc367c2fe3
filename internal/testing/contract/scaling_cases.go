// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

const (
	scalePath = clustersPath + "<<cluster>>/scale"
	adaptPath = clustersPath + "<<cluster>>/adapt"
)

// accepted is the response when the scheduler accepted the request unchanged.
func accepted() ExpectedResponse { return gatewayOK(`{"ok": true, "msg": null}`) }

// clamped is the response when the gateway reduced the request to its limit.
func clamped(message string) ExpectedResponse {
	return gatewayOK(`{"ok": false, "msg": "` + message + `"}`)
}

// notRunning is the response for a cluster without a running scheduler.
func notRunning() ExpectedResponse {
	return gatewayError(http.StatusConflict, "cluster <<cluster>> is not running")
}

// scaleCases cover requests for a number of workers.
func scaleCases() []Case {
	rejected := func(name, count, got string) Case {
		return onSharedCluster("scale: "+name, postRequest(scalePath, `{"count": `+count+`}`),
			gatewayError(http.StatusUnprocessableEntity, "Scale expects a non-negative integer, got "+got))
	}
	cases := requiring([]Case{
		recorded("scale_ok.json", onSharedCluster("scale: to 0", postRequest(scalePath, `{"count": 0}`), accepted())),
		onSharedCluster("scale: true counts as 1", postRequest(scalePath, `{"count": true}`), accepted()),
		onSharedCluster("scale: false counts as 0", postRequest(scalePath, `{"count": false}`), accepted()),
		onSharedCluster("scale: additional keys", postRequest(scalePath, `{"count": 0, "n": 3}`), accepted()),
		onSharedCluster("scale: different content type", postRequest(scalePath, `{"count": 0}`).withHeader("Content-Type", "text/plain"), accepted()),
	}, RunningSchedulers)
	return append(cases, []Case{
		recorded("scale_422.json", rejected("negative count", "-1", "-1")),
		rejected("count is a float", "1.0", "1.0"),
		rejected("count is a string", `"1"`, "1"),
		rejected("count is null", "null", "None"),
		rejected("count is an object", `{"a": "b"}`, "{'a': 'b'}"),
		onSharedCluster("scale: no count", postRequest(scalePath, "{}"), gatewayError(http.StatusUnprocessableEntity, "Scale expects a non-negative integer, got None")),
		onSharedCluster("scale: error message with a line break", postRequest(scalePath, `{"count": "a\nb"}`), internalError()),
		onSharedCluster("scale: invalid JSON", postRequest(scalePath, "{"), internalError()),
		onSharedCluster("scale: empty body", postRequest(scalePath, ""), internalError()),
		onSharedCluster("scale: array as body", postRequest(scalePath, "[]"), internalError()),
		singleRequest("scale: unknown name", postRequest(clustersPath+"unknown/scale", `{"count": 1}`), clusterNotFound("unknown")),
		singleRequest("scale: name is checked before the body", postRequest(clustersPath+"unknown/scale", "{"), clusterNotFound("unknown")),
		onSharedCluster("scale: credentials are checked first", postRequest(scalePath, `{"count": -1}`).asUser(noUser), unauthorized()),
		recorded("scale_409.json", sequence("scale: pending cluster",
			createCluster(`{"profile": "stuck"}`),
			Exchange{Request: postRequest(scalePath, `{"count": -1}`), Response: gatewayError(http.StatusUnprocessableEntity, "Scale expects a non-negative integer, got -1")},
			Exchange{Request: postRequest(scalePath, `{"count": 1}`), Response: notRunning()},
		)),
		sequence("scale: failed cluster",
			createCluster(`{"profile": "broken"}`), waitForStatus("FAILED"),
			Exchange{Request: postRequest(scalePath, `{"count": 1.5}`), Response: gatewayError(http.StatusUnprocessableEntity, "Scale expects a non-negative integer, got 1.5")},
			Exchange{Request: postRequest(scalePath, `{"count": 1}`), Response: notRunning()},
			stopCluster(),
			Exchange{Request: postRequest(scalePath, `{"count": 0}`), Response: notRunning()},
		),
	}...)
}

// adaptCases cover the bounds of adaptive scaling. The server validates almost none
// of them.
func adaptCases() []Case {
	acceptedCase := func(name, body string) Case {
		return onSharedCluster("adapt: "+name, postRequest(adaptPath, body), accepted())
	}
	cases := requiring([]Case{
		acceptedCase("bounds", `{"minimum": 0, "maximum": 0, "active": true}`),
		acceptedCase("empty request", `{}`),
		acceptedCase("inactive", `{"active": false}`),
		acceptedCase("active is null", `{"active": null}`),
		acceptedCase("active is a string", `{"minimum": 0, "maximum": 0, "active": "no"}`),
		acceptedCase("no bounds", `{"minimum": null, "maximum": null, "active": false}`),
		acceptedCase("minimum above the maximum", `{"minimum": 3, "maximum": 0}`),
		acceptedCase("negative bounds", `{"minimum": -7, "maximum": -5}`),
		acceptedCase("fraction", `{"minimum": 1.5, "maximum": 2, "active": false}`),
		acceptedCase("booleans", `{"minimum": true, "maximum": true, "active": false}`),
	}, RunningSchedulers)
	cases = append(cases, []Case{
		onSharedCluster("adapt: invalid JSON", postRequest(adaptPath, "{"), internalError()),
		onSharedCluster("adapt: empty body", postRequest(adaptPath, ""), internalError()),
		onSharedCluster("adapt: array as body", postRequest(adaptPath, "[]"), internalError()),
		singleRequest("adapt: unknown name", postRequest(clustersPath+"unknown/adapt", "{}"), clusterNotFound("unknown")),
		singleRequest("adapt: name is checked before the body", postRequest(clustersPath+"unknown/adapt", "{"), clusterNotFound("unknown")),
		onSharedCluster("adapt: credentials are checked first", postRequest(adaptPath, "{").asUser(noUser), unauthorized()),
		sequence("adapt: pending cluster",
			createCluster(`{"profile": "stuck"}`),
			Exchange{Request: postRequest(adaptPath, `{"minimum": 1, "maximum": 2}`), Response: notRunning()},
			Exchange{Request: postRequest(adaptPath, "{"), Response: internalError()},
		),
		sequence("adapt: failed cluster",
			createCluster(`{"profile": "broken"}`), waitForStatus("FAILED"),
			Exchange{Request: postRequest(adaptPath, `{"minimum": 1, "maximum": 2}`), Response: notRunning()},
		),
	}...)
	return append(cases, requiring([]Case{
		onSharedCluster("adapt: strings as bounds, without a limit", postRequest(adaptPath, `{"minimum": "a", "maximum": "b", "active": false}`), accepted()),
		onSharedCluster("adapt: very large maximum, without a limit", postRequest(adaptPath, `{"minimum": 0, "maximum": 100000, "active": false}`), accepted()),
	}, NoWorkerLimit, RunningSchedulers)...)
}

// limitCases cover a gateway with a limit of four workers.
func limitCases() []Case {
	const scalePrefix, adaptPrefix = "Scale request of ", "Adapt with "
	scaled := func(requested string) ExpectedResponse {
		return clamped(scalePrefix + requested + " workers would exceed resource limit of 4 workers. Scaling to 4 instead.")
	}
	adapted := func(name, body, requested, granted string) Case {
		return onSharedCluster("limit: "+name, postRequest(adaptPath, body),
			clamped(adaptPrefix+"`"+requested+"` workers would exceed resource limit of 4 workers. Using `"+granted+"` instead."))
	}
	acceptedCase := func(name, body string) Case {
		return onSharedCluster("limit: "+name, postRequest(adaptPath, body), accepted())
	}
	resetWorkers := Exchange{Request: postRequest(scalePath, `{"count": 0}`), Response: accepted()}
	return requiring([]Case{
		{Name: "limit: scale above the limit", NeedsCluster: true, Exchanges: []Exchange{
			{Request: postRequest(scalePath, `{"count": 5}`), Response: scaled("5"), Record: "scale_clamped.json"},
			resetWorkers,
			{Request: postRequest(scalePath, `{"count": 1000000}`), Response: scaled("1000000")},
			resetWorkers,
		}},
		{Name: "limit: scale to the limit", NeedsCluster: true, Exchanges: []Exchange{{Request: postRequest(scalePath, `{"count": 4}`), Response: accepted()}, resetWorkers}},
		recorded("adapt_clamped.json", adapted("both bounds above the limit", `{"minimum": 9, "maximum": 99, "active": false}`, "maximum=99, minimum=9", "maximum=4, minimum=4")),
		adapted("maximum above the limit", `{"minimum": 1, "maximum": 99, "active": false}`, "maximum=99, minimum=1", "maximum=4, minimum=1"),
		adapted("minimum above the limit, without a maximum", `{"minimum": 5, "active": false}`, "maximum=4, minimum=5", "maximum=4, minimum=4"),
		adapted("maximum above the limit, without a minimum", `{"maximum": 5, "active": false}`, "maximum=5, minimum=0", "maximum=4, minimum=0"),
		adapted("minimum above the limit and the maximum", `{"minimum": 9, "maximum": 2, "active": false}`, "maximum=2, minimum=9", "maximum=2, minimum=4"),
		adapted("fraction above the limit", `{"maximum": 4.5, "active": false}`, "maximum=4.5, minimum=0", "maximum=4, minimum=0"),
		adapted("number with an exponent", `{"maximum": 1e3, "active": false}`, "maximum=1000.0, minimum=0", "maximum=4, minimum=0"),
		acceptedCase("no bounds", `{"minimum": null, "maximum": null, "active": false}`),
		acceptedCase("empty request", `{"active": false}`),
		acceptedCase("both bounds equal to the limit", `{"minimum": 4, "maximum": 4, "active": false}`),
		acceptedCase("minimum above the maximum, both within the limit", `{"minimum": 3, "maximum": 1, "active": false}`),
		acceptedCase("negative bounds", `{"minimum": -7, "maximum": -5, "active": false}`),
		onSharedCluster("limit: minimum is a string", postRequest(adaptPath, `{"minimum": "a", "maximum": 2}`), internalError()),
		onSharedCluster("limit: maximum is a string", postRequest(adaptPath, `{"minimum": 1, "maximum": "b"}`), internalError()),
		onSharedCluster("limit: bound is an array", postRequest(adaptPath, `{"minimum": [1], "maximum": 2}`), internalError()),
	}, WorkerLimit)
}
