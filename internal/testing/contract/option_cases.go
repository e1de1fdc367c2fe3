// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// optionSpec lists the options of the test gateways: those of the Planetary
// Computer, and one of each type that it did not have. A default appears as it was
// configured, whatever the option's type.
const optionSpec = `{"cluster_options": [` +
	`{"field": "worker_cores", "label": "Worker Cores", "default": 1, "spec": {"type": "float", "min": 0.1, "max": 8.0}}, ` +
	`{"field": "worker_memory", "label": "Worker Memory (GiB)", "default": 8, "spec": {"type": "float", "min": 1.0, "max": 64.0}}, ` +
	`{"field": "image", "label": "Image", "default": "pangeo/pangeo-notebook:2026.08.01", "spec": {"type": "string"}}, ` +
	`{"field": "gpu", "label": "GPU", "default": false, "spec": {"type": "bool"}}, ` +
	`{"field": "environment", "label": "Environment Variables", "default": {}, "spec": {"type": "mapping"}}, ` +
	`{"field": "profile", "label": "Profile", "default": "standard", "spec": {"type": "select", "options": ["standard", "broken", "stuck"]}}, ` +
	`{"field": "idle_minutes", "label": "Idle Minutes", "default": 0, "spec": {"type": "int", "min": 0, "max": 1440}}]}`

// optionCases cover the options and the gateway's validation errors.
func optionCases() []Case {
	rejected := func(name, options, message string) Case {
		return singleRequest("options: "+name, postRequest(clustersPath, `{"cluster_options": `+options+`}`), gatewayError(http.StatusUnprocessableEntity, message))
	}
	cases := []Case{
		recorded("options.json", singleRequest("options", getRequest("api/v1/options"), gatewayOK(optionSpec))),
		singleRequest("options without credentials", getRequest("api/v1/options").asUser(noUser), unauthorized()),

		recorded("create_422.json", rejected("unknown fields are sorted", `{"zz": 1, "nope": 2}`, `Unknown fields ['nope', 'zz']`)),
		rejected("unknown fields come first", `{"worker_cores": "x", "nope": 1}`, `Unknown fields ['nope']`),
		rejected("unknown field with a quote", `{"it's": 1}`, `Unknown fields [\"it's\"]`),
		rejected("server's order of options decides", `{"gpu": 1, "worker_cores": "x"}`, `worker_cores must be a float, got 'x'`),

		rejected("float option is a string", `{"worker_cores": "two"}`, `worker_cores must be a float, got 'two'`),
		rejected("float option is null", `{"worker_cores": null}`, `worker_cores must be a float, got None`),
		rejected("float option is an object", `{"worker_cores": {"a": [1, null, true, 2.50, 1e3]}}`,
			`worker_cores must be a float, got {'a': [1, None, True, 2.5, 1000.0]}`),
		rejected("float above its range", `{"worker_cores": 99}`, `worker_cores must be <= 8.000000, got 99.0`),
		rejected("float with an exponent", `{"worker_cores": 1e2}`, `worker_cores must be <= 8.000000, got 100.0`),
		rejected("float below its range", `{"worker_cores": 0}`, `worker_cores must be >= 0.100000, got 0.0`),
		rejected("float slightly above its range", `{"worker_memory": 64.5}`, `worker_memory must be <= 64.000000, got 64.5`),
		rejected("float is infinite", `{"worker_cores": Infinity}`, `worker_cores must be <= 8.000000, got inf`),
		rejected("float is negative infinity", `{"worker_cores": -Infinity}`, `worker_cores must be >= 0.100000, got -inf`),

		rejected("integer option has a fraction", `{"idle_minutes": 2.5}`, `idle_minutes must be an integer, got 2.5`),
		rejected("integer option is a float", `{"idle_minutes": 3.0}`, `idle_minutes must be an integer, got 3.0`),
		rejected("integer option is a string", `{"idle_minutes": "5"}`, `idle_minutes must be an integer, got '5'`),
		rejected("integer option is null", `{"idle_minutes": null}`, `idle_minutes must be an integer, got None`),
		rejected("integer below its range", `{"idle_minutes": -1}`, `idle_minutes must be >= 0.000000, got -1`),
		rejected("integer above its range", `{"idle_minutes": 1441}`, `idle_minutes must be <= 1440.000000, got 1441`),
		rejected("integer beyond 64 bits", `{"idle_minutes": 12345678901234567890}`, `idle_minutes must be <= 1440.000000, got 12345678901234567890`),

		rejected("bool option is a number", `{"gpu": 1}`, `gpu must be a bool, got 1`),
		rejected("bool option is a string", `{"gpu": "yes"}`, `gpu must be a bool, got 'yes'`),
		rejected("bool option is null", `{"gpu": null}`, `gpu must be a bool, got None`),

		rejected("string option is a number", `{"image": 7}`, `image must be a string, got 7`),
		rejected("string option is a bool", `{"image": true}`, `image must be a string, got True`),
		rejected("string option is null", `{"image": null}`, `image must be a string, got None`),
		recorded("create_422_handler.json", rejected("message of the administrator's own check", `{"image": "untagged"}`,
			`When specifying an image you must also provide a tag`)),
		rejected("administrator's own check comes last", `{"image": "untagged", "profile": "huge"}`, `'huge' is not a valid option for profile`),

		rejected("unknown choice", `{"profile": "huge"}`, `'huge' is not a valid option for profile`),
		rejected("unknown choice with a quote", `{"profile": "it's"}`, `\"it's\" is not a valid option for profile`),
		rejected("unknown choice with both kinds of quotes", `{"profile": "it's \"it\""}`, `'it\\'s \"it\"' is not a valid option for profile`),
		rejected("unknown choice beyond ASCII", `{"profile": "é"}`, `'\u00e9' is not a valid option for profile`),
		rejected("unknown choice with a line break", `{"profile": "a\nb"}`, `'a\\nb' is not a valid option for profile`),
		rejected("select option is a number", `{"profile": 3}`, `profile must be a string, got 3`),
		rejected("select option is null", `{"profile": null}`, `profile must be a string, got None`),

		rejected("mapping option is an array", `{"environment": ["X"]}`, `environment must be a mapping, got ['X']`),
		rejected("mapping option is a string", `{"environment": "X"}`, `environment must be a mapping, got 'X'`),
		rejected("mapping option is null", `{"environment": null}`, `environment must be a mapping, got None`),

		rejected("array as value", `[1]`, `options must be a dict, got 'list'`),
		rejected("string as value", `"x"`, `options must be a dict, got 'str'`),
		rejected("options are an integer", `3`, `options must be a dict, got 'int'`),
		rejected("options are a float", `NaN`, `options must be a dict, got 'float'`),
		rejected("options are a bool", `true`, `options must be a dict, got 'bool'`),
	}
	// The local backend has whole cores and converts the number to an integer.
	return append(cases, requiring([]Case{
		rejected("float is NaN", `{"worker_cores": NaN}`, `cannot convert float NaN to integer`),
	}, LocalBackend)...)
}
