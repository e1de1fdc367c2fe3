// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// optionSpec is what the gateways of the tests let one choose: the options of
// the Planetary Computer, and one more of each kind that it had not. The
// defaults are shown as they were configured, whatever the option's type.
const optionSpec = `{"cluster_options": [` +
	`{"field": "worker_cores", "label": "Worker Cores", "default": 1, "spec": {"type": "float", "min": 0.1, "max": 8.0}}, ` +
	`{"field": "worker_memory", "label": "Worker Memory (GiB)", "default": 8, "spec": {"type": "float", "min": 1.0, "max": 64.0}}, ` +
	`{"field": "image", "label": "Image", "default": "pangeo/pangeo-notebook:2026.08.01", "spec": {"type": "string"}}, ` +
	`{"field": "gpu", "label": "GPU", "default": false, "spec": {"type": "bool"}}, ` +
	`{"field": "environment", "label": "Environment Variables", "default": {}, "spec": {"type": "mapping"}}, ` +
	`{"field": "profile", "label": "Profile", "default": "standard", "spec": {"type": "select", "options": ["standard", "broken", "stuck"]}}, ` +
	`{"field": "idle_minutes", "label": "Idle Minutes", "default": 0, "spec": {"type": "int", "min": 0, "max": 1440}}]}`

// optionCases are about the options and the words in which the gateway refuses
// them.
func optionCases() []Case {
	refused := func(name, options, words string) Case {
		return one("options: "+name, post(clusters, `{"cluster_options": `+options+`}`), gatewayError(http.StatusUnprocessableEntity, words))
	}
	cases := []Case{
		recorded("options.json", one("the options", get("api/v1/options"), gatewayOK(optionSpec))),
		one("the options without credentials", get("api/v1/options").as(nobody), unauthorized()),

		recorded("create_422.json", refused("unknown fields are sorted", `{"zz": 1, "nope": 2}`, `Unknown fields ['nope', 'zz']`)),
		refused("unknown fields come first", `{"worker_cores": "x", "nope": 1}`, `Unknown fields ['nope']`),
		refused("an unknown field with a quote", `{"it's": 1}`, `Unknown fields [\"it's\"]`),
		refused("the server's order decides", `{"gpu": 1, "worker_cores": "x"}`, `worker_cores must be a float, got 'x'`),

		refused("a float as text", `{"worker_cores": "two"}`, `worker_cores must be a float, got 'two'`),
		refused("a float as null", `{"worker_cores": null}`, `worker_cores must be a float, got None`),
		refused("a float as an object", `{"worker_cores": {"a": [1, null, true, 2.50, 1e3]}}`,
			`worker_cores must be a float, got {'a': [1, None, True, 2.5, 1000.0]}`),
		refused("a float above its range", `{"worker_cores": 99}`, `worker_cores must be <= 8.000000, got 99.0`),
		refused("a float with an exponent", `{"worker_cores": 1e2}`, `worker_cores must be <= 8.000000, got 100.0`),
		refused("a float below its range", `{"worker_cores": 0}`, `worker_cores must be >= 0.100000, got 0.0`),
		refused("a float just above", `{"worker_memory": 64.5}`, `worker_memory must be <= 64.000000, got 64.5`),
		refused("a float that is infinite", `{"worker_cores": Infinity}`, `worker_cores must be <= 8.000000, got inf`),
		refused("a float that is negatively infinite", `{"worker_cores": -Infinity}`, `worker_cores must be >= 0.100000, got -inf`),

		refused("an integer with a fraction", `{"idle_minutes": 2.5}`, `idle_minutes must be an integer, got 2.5`),
		refused("an integer with a point", `{"idle_minutes": 3.0}`, `idle_minutes must be an integer, got 3.0`),
		refused("an integer as text", `{"idle_minutes": "5"}`, `idle_minutes must be an integer, got '5'`),
		refused("an integer as null", `{"idle_minutes": null}`, `idle_minutes must be an integer, got None`),
		refused("an integer below its range", `{"idle_minutes": -1}`, `idle_minutes must be >= 0.000000, got -1`),
		refused("an integer above its range", `{"idle_minutes": 1441}`, `idle_minutes must be <= 1440.000000, got 1441`),
		refused("an integer beyond 64 bits", `{"idle_minutes": 12345678901234567890}`, `idle_minutes must be <= 1440.000000, got 12345678901234567890`),

		refused("a bool as a number", `{"gpu": 1}`, `gpu must be a bool, got 1`),
		refused("a bool as text", `{"gpu": "yes"}`, `gpu must be a bool, got 'yes'`),
		refused("a bool as null", `{"gpu": null}`, `gpu must be a bool, got None`),

		refused("a string as a number", `{"image": 7}`, `image must be a string, got 7`),
		refused("a string as a bool", `{"image": true}`, `image must be a string, got True`),
		refused("a string as null", `{"image": null}`, `image must be a string, got None`),
		recorded("create_422_handler.json", refused("the words of the administrator's own check", `{"image": "untagged"}`,
			`When specifying an image you must also provide a tag`)),
		refused("the administrator's check comes last", `{"image": "untagged", "profile": "huge"}`, `'huge' is not a valid option for profile`),

		refused("no choice", `{"profile": "huge"}`, `'huge' is not a valid option for profile`),
		refused("no choice, with a quote", `{"profile": "it's"}`, `\"it's\" is not a valid option for profile`),
		refused("no choice, with both quotes", `{"profile": "it's \"it\""}`, `'it\\'s \"it\"' is not a valid option for profile`),
		refused("no choice, with a letter beyond ASCII", `{"profile": "é"}`, `'\u00e9' is not a valid option for profile`),
		refused("no choice, with a line break", `{"profile": "a\nb"}`, `'a\\nb' is not a valid option for profile`),
		refused("a choice as a number", `{"profile": 3}`, `profile must be a string, got 3`),
		refused("a choice as null", `{"profile": null}`, `profile must be a string, got None`),

		refused("a mapping as an array", `{"environment": ["X"]}`, `environment must be a mapping, got ['X']`),
		refused("a mapping as text", `{"environment": "X"}`, `environment must be a mapping, got 'X'`),
		refused("a mapping as null", `{"environment": null}`, `environment must be a mapping, got None`),

		refused("an array", `[1]`, `options must be a dict, got 'list'`),
		refused("a text", `"x"`, `options must be a dict, got 'str'`),
		refused("an integer", `3`, `options must be a dict, got 'int'`),
		refused("a float", `NaN`, `options must be a dict, got 'float'`),
		refused("a bool", `true`, `options must be a dict, got 'bool'`),
	}
	// Its cores are whole ones, which makes an integer of the number.
	return append(cases, needing([]Case{
		refused("a float that is no number", `{"worker_cores": NaN}`, `cannot convert float NaN to integer`),
	}, Local)...)
}
