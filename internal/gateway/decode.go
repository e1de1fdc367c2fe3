// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

type wireCreated struct {
	Name string `json:"name"`
}

type wireCluster struct {
	Name           string    `json:"name"`
	Status         Status    `json:"status"`
	DashboardRoute *string   `json:"dashboard_route"`
	StartTime      *int64    `json:"start_time"`
	StopTime       *int64    `json:"stop_time"`
	Options        wireValue `json:"options"`
}

func (w wireCluster) cluster() Cluster {
	options, _ := w.Options.value.(map[string]any)
	cluster := Cluster{Name: w.Name, Status: w.Status, StartTime: timeFromMillis(w.StartTime), StopTime: timeFromMillis(w.StopTime), Options: options}
	if w.DashboardRoute != nil {
		cluster.DashboardRoute = *w.DashboardRoute
	}
	return cluster
}

func timeFromMillis(millis *int64) time.Time {
	if millis == nil {
		return time.Time{}
	}
	return time.UnixMilli(*millis).UTC()
}

// invalidReason returns why a cluster is invalid, or "". A missing field does not
// count as an empty one: Terraform would plan to replace a cluster without options.
func (w wireCluster) invalidReason() string {
	_, hasOptions := w.Options.value.(map[string]any)
	switch {
	case !IsValidName(w.Name):
		return fmt.Sprintf("%q is not the name of a cluster", w.Name)
	case !isStatus(w.Status):
		return fmt.Sprintf("the cluster %s has the status %q", w.Name, w.Status)
	case !hasOptions:
		return fmt.Sprintf("the cluster %s has no options", w.Name)
	case w.DashboardRoute != nil && !isRoute(*w.DashboardRoute):
		return fmt.Sprintf("the cluster %s has the dashboard_route %q", w.Name, *w.DashboardRoute)
	case !isTime(w.StartTime) || !isTime(w.StopTime):
		return fmt.Sprintf("the cluster %s has a start_time or a stop_time that is not a time", w.Name)
	}
	return ""
}

// isStatus also accepts the statuses of later gateways.
func isStatus(status Status) bool {
	return status != "" && len(status) <= 32 && strings.Trim(string(status), "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
}

// isRoute reports whether a route stays on the host that it is appended to.
func isRoute(route string) bool {
	return route == "" || strings.HasPrefix(route, "/") && !strings.HasPrefix(route, "//") &&
		!strings.ContainsFunc(route, func(r rune) bool { return r == '\\' || unicode.IsSpace(r) || !unicode.IsPrint(r) })
}

// isTime accepts what RFC 3339 can represent: years up to 9999.
func isTime(millis *int64) bool {
	return millis == nil || *millis >= 0 && timeFromMillis(millis).Year() <= 9999
}

// decodeClusters reads an object of clusters member by member, so that the certificates
// of only one cluster are in memory at a time.
func decodeClusters(body io.Reader) (map[string]Cluster, error) {
	decoder := transport.NewDecoder(body)
	if token, err := decoder.Token(); err != nil {
		return nil, err
	} else if token != json.Delim('{') {
		return nil, &json.UnmarshalTypeError{Value: fmt.Sprintf("value that starts with %v", token)}
	}
	clusters := map[string]Cluster{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var wire wireCluster
		if err := decoder.Decode(&wire); err != nil {
			return nil, err
		}
		reason := invalidIf(wire.Name != name, fmt.Sprintf("the list contains the cluster %q under the name %q", wire.Name, name))
		if reason == "" {
			reason = wire.invalidReason()
		}
		if reason != "" {
			return nil, &transport.Error{Kind: transport.KindBody, Message: reason}
		}
		clusters[wire.Name] = wire.cluster()
	}
	_, err := decoder.Token()
	return clusters, err
}

// invalidIf returns the reason if the response is invalid, else "".
func invalidIf(isInvalid bool, reason string) string {
	if isInvalid {
		return reason
	}
	return ""
}

// wireValue is any JSON value. Numbers are json.Number, or null if Python reads them as
// infinite. Of several members with the same name the last counts, as in Python;
// encoding/json would merge them.
type wireValue struct{ value any }

// UnmarshalJSON decodes a value.
func (v *wireValue) UnmarshalJSON(raw []byte) error {
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	v.value = replaceInfinite(value)
	return err
}

// replaceInfinite replaces infinite numbers in a value.
func replaceInfinite(value any) any {
	switch value := value.(type) {
	case json.Number:
		return finiteNumber(value)
	case map[string]any:
		for name, member := range value {
			value[name] = replaceInfinite(member)
		}
	case []any:
		for i, element := range value {
			value[i] = replaceInfinite(element)
		}
	}
	return value
}

// maxDigits is more than any float64 has that is written without an exponent.
const maxDigits = 400

// finiteNumber keeps a number as it is written if Python's float can hold it. 1e999999999
// is ten characters here, and a gigabyte of digits where Terraform writes it out.
func finiteNumber(number json.Number) any {
	value, err := strconv.ParseFloat(number.String(), 64)
	switch {
	case err != nil:
		return nil
	case value == 0 && strings.ContainsAny(number.String(), "eE"):
		return json.Number("0")
	case len(number) > maxDigits:
		return json.Number(strconv.FormatFloat(value, 'g', -1, 64))
	}
	return number
}
