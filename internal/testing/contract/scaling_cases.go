// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

const (
	scale = clusters + "<<cluster>>/scale"
	adapt = clusters + "<<cluster>>/adapt"
)

// accepted is the answer to a message that the scheduler has taken.
func accepted() Answer { return gatewayOK(`{"ok": true, "msg": null}`) }

// clamped is the answer to one that was changed on its way.
func clamped(words string) Answer { return gatewayOK(`{"ok": false, "msg": "` + words + `"}`) }

// notRunning is the answer where there is no scheduler to take a message.
func notRunning() Answer {
	return gatewayError(http.StatusConflict, "cluster <<cluster>> is not running")
}

// scaleCases are about a number of workers.
func scaleCases() []Case {
	bad := func(name, count, got string) Case {
		return running("scale: "+name, post(scale, `{"count": `+count+`}`),
			gatewayError(http.StatusUnprocessableEntity, "Scale expects a non-negative integer, got "+got))
	}
	cases := needing([]Case{
		recorded("scale_ok.json", running("scale: to none", post(scale, `{"count": 0}`), accepted())),
		running("scale: true is one", post(scale, `{"count": true}`), accepted()),
		running("scale: false is none", post(scale, `{"count": false}`), accepted()),
		running("scale: more keys than the count", post(scale, `{"count": 0, "n": 3}`), accepted()),
		running("scale: another content type", post(scale, `{"count": 0}`).with("Content-Type", "text/plain"), accepted()),
	}, Workers)
	return append(cases, []Case{
		recorded("scale_422.json", bad("a negative count", "-1", "-1")),
		bad("a count with a point", "1.0", "1.0"),
		bad("a count as text", `"1"`, "1"),
		bad("a count as null", "null", "None"),
		bad("a count as an object", `{"a": "b"}`, "{'a': 'b'}"),
		running("scale: no count", post(scale, "{}"), gatewayError(http.StatusUnprocessableEntity, "Scale expects a non-negative integer, got None")),
		running("scale: words with a line break", post(scale, `{"count": "a\nb"}`), crash()),
		running("scale: no JSON", post(scale, "{"), crash()),
		running("scale: no body", post(scale, ""), crash()),
		running("scale: an array", post(scale, "[]"), crash()),
		one("scale: an unknown name", post(clusters+"unknown/scale", `{"count": 1}`), notFound("unknown")),
		one("scale: the name comes before the body", post(clusters+"unknown/scale", "{"), notFound("unknown")),
		running("scale: credentials come first", post(scale, `{"count": -1}`).as(nobody), unauthorized()),
		recorded("scale_409.json", story("scale: a cluster that does not run yet",
			create(`{"profile": "stuck"}`),
			Exchange{Request: post(scale, `{"count": -1}`), Answer: gatewayError(http.StatusUnprocessableEntity, "Scale expects a non-negative integer, got -1")},
			Exchange{Request: post(scale, `{"count": 1}`), Answer: notRunning()},
		)),
		story("scale: a cluster that has ended",
			create(`{"profile": "broken"}`), become("FAILED"),
			Exchange{Request: post(scale, `{"count": 1.5}`), Answer: gatewayError(http.StatusUnprocessableEntity, "Scale expects a non-negative integer, got 1.5")},
			Exchange{Request: post(scale, `{"count": 1}`), Answer: notRunning()},
			stop(),
			Exchange{Request: post(scale, `{"count": 0}`), Answer: notRunning()},
		),
	}...)
}

// adaptCases are about bounds, almost nothing of which is checked.
func adaptCases() []Case {
	taken := func(name, body string) Case { return running("adapt: "+name, post(adapt, body), accepted()) }
	cases := needing([]Case{
		taken("bounds", `{"minimum": 0, "maximum": 0, "active": true}`),
		taken("nothing", `{}`),
		taken("to be inactive", `{"active": false}`),
		taken("to be inactive, as null", `{"active": null}`),
		taken("to be active, as any text", `{"minimum": 0, "maximum": 0, "active": "no"}`),
		taken("no bounds", `{"minimum": null, "maximum": null, "active": false}`),
		taken("a minimum above the maximum", `{"minimum": 3, "maximum": 0}`),
		taken("negative bounds", `{"minimum": -7, "maximum": -5}`),
		taken("a fraction", `{"minimum": 1.5, "maximum": 2, "active": false}`),
		taken("bools", `{"minimum": true, "maximum": true, "active": false}`),
	}, Workers)
	cases = append(cases, []Case{
		running("adapt: no JSON", post(adapt, "{"), crash()),
		running("adapt: no body", post(adapt, ""), crash()),
		running("adapt: an array", post(adapt, "[]"), crash()),
		one("adapt: an unknown name", post(clusters+"unknown/adapt", "{}"), notFound("unknown")),
		one("adapt: the name comes before the body", post(clusters+"unknown/adapt", "{"), notFound("unknown")),
		running("adapt: credentials come first", post(adapt, "{").as(nobody), unauthorized()),
		story("adapt: a cluster that does not run yet",
			create(`{"profile": "stuck"}`),
			Exchange{Request: post(adapt, `{"minimum": 1, "maximum": 2}`), Answer: notRunning()},
			Exchange{Request: post(adapt, "{"), Answer: crash()},
		),
		story("adapt: a cluster that has ended",
			create(`{"profile": "broken"}`), become("FAILED"),
			Exchange{Request: post(adapt, `{"minimum": 1, "maximum": 2}`), Answer: notRunning()},
		),
	}...)
	return append(cases, needing([]Case{
		running("adapt: text, without a limit", post(adapt, `{"minimum": "a", "maximum": "b", "active": false}`), accepted()),
		running("adapt: far more than there will ever be, without a limit", post(adapt, `{"minimum": 0, "maximum": 100000, "active": false}`), accepted()),
	}, NoLimit, Workers)...)
}

// limitCases are about a gateway that grants four workers at most.
func limitCases() []Case {
	const scaleWords, adaptWords = "Scale request of ", "Adapt with "
	scaled := func(asked string) Answer {
		return clamped(scaleWords + asked + " workers would exceed resource limit of 4 workers. Scaling to 4 instead.")
	}
	adapted := func(name, body, asked, granted string) Case {
		return running("limit: "+name, post(adapt, body),
			clamped(adaptWords+"`"+asked+"` workers would exceed resource limit of 4 workers. Using `"+granted+"` instead."))
	}
	taken := func(name, body string) Case { return running("limit: "+name, post(adapt, body), accepted()) }
	undo := Exchange{Request: post(scale, `{"count": 0}`), Answer: accepted()}
	return needing([]Case{
		{Name: "limit: scale above it", Running: true, Exchanges: []Exchange{
			{Request: post(scale, `{"count": 5}`), Answer: scaled("5"), Record: "scale_clamped.json"},
			undo,
			{Request: post(scale, `{"count": 1000000}`), Answer: scaled("1000000")},
			undo,
		}},
		{Name: "limit: scale up to it", Running: true, Exchanges: []Exchange{{Request: post(scale, `{"count": 4}`), Answer: accepted()}, undo}},
		recorded("adapt_clamped.json", adapted("both bounds above", `{"minimum": 9, "maximum": 99, "active": false}`, "maximum=99, minimum=9", "maximum=4, minimum=4")),
		adapted("the maximum above", `{"minimum": 1, "maximum": 99, "active": false}`, "maximum=99, minimum=1", "maximum=4, minimum=1"),
		adapted("the minimum above, without a maximum", `{"minimum": 5, "active": false}`, "maximum=4, minimum=5", "maximum=4, minimum=4"),
		adapted("the maximum above, without a minimum", `{"maximum": 5, "active": false}`, "maximum=5, minimum=0", "maximum=4, minimum=0"),
		adapted("the minimum above it and the maximum", `{"minimum": 9, "maximum": 2, "active": false}`, "maximum=2, minimum=9", "maximum=2, minimum=4"),
		adapted("a fraction above", `{"maximum": 4.5, "active": false}`, "maximum=4.5, minimum=0", "maximum=4, minimum=0"),
		adapted("an exponent", `{"maximum": 1e3, "active": false}`, "maximum=1000.0, minimum=0", "maximum=4, minimum=0"),
		taken("no bounds", `{"minimum": null, "maximum": null, "active": false}`),
		taken("nothing", `{"active": false}`),
		taken("both bounds at it", `{"minimum": 4, "maximum": 4, "active": false}`),
		taken("a minimum above the maximum, both within", `{"minimum": 3, "maximum": 1, "active": false}`),
		taken("negative bounds", `{"minimum": -7, "maximum": -5, "active": false}`),
		running("limit: a minimum as text", post(adapt, `{"minimum": "a", "maximum": 2}`), crash()),
		running("limit: a maximum as text", post(adapt, `{"minimum": 1, "maximum": "b"}`), crash()),
		running("limit: a bound as an array", post(adapt, `{"minimum": [1], "maximum": 2}`), crash()),
	}, Limit)
}
