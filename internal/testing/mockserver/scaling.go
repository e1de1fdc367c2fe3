// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"math/big"
	"net/http"
)

func scaleCluster(s *Server, x *exchange, name string) *httpResponse {
	return s.withWorkerRequest(x, name, func(c *cluster, body object) *httpResponse {
		value, _ := body.get("count")
		count, ok := asInteger(value)
		if !ok || count.Sign() < 0 {
			return gatewayError(http.StatusUnprocessableEntity, "Scale expects a non-negative integer, got "+str(value))
		}
		message := any(nil)
		if limit, limited := s.workerLimit(c.options); limited && count.Cmp(big.NewInt(limit)) > 0 {
			message = fmt.Sprintf("Scale request of %s workers would exceed resource limit of %d workers. Scaling to %d instead.", str(value), limit, limit)
			count = big.NewInt(limit)
		}
		if c.status != "RUNNING" {
			return notRunning(c)
		}
		c.adaptive, c.minimum, c.maximum = false, nil, nil
		s.resize(c, clampToInt64(count))
		return jsonReply(http.StatusOK, object{{"ok", message == nil}, {"msg", message}})
	})
}

func adaptCluster(s *Server, x *exchange, name string) *httpResponse {
	return s.withWorkerRequest(x, name, func(c *cluster, body object) *httpResponse {
		minimum, _ := body.get("minimum")
		maximum, _ := body.get("maximum")
		active, present := body.get("active")
		message := any(nil)
		if limit, limited := s.workerLimit(c.options); limited {
			var ok bool
			if minimum, maximum, message, ok = clampBounds(minimum, maximum, limit); !ok {
				return gatewayInternalError()
			}
		}
		if c.status != "RUNNING" {
			return notRunning(c)
		}
		// Switching adaptive scaling off leaves the workers as they are.
		c.adaptive, c.minimum, c.maximum = !present || truthy(active), nil, nil
		if c.adaptive {
			c.minimum, c.maximum = minimum, maximum
			s.adapt(c)
		}
		return jsonReply(http.StatusOK, object{{"ok", message == nil}, {"msg", message}})
	})
}

// adapt sets the number of workers of a cluster without tasks: the minimum, or the
// maximum if that is smaller. The server also accepts bounds that are not integers;
// from then on no worker can be created.
func (s *Server) adapt(c *cluster) {
	target := new(big.Int)
	if c.minimum != nil {
		least, ok := asInteger(c.minimum)
		if !ok {
			return
		}
		target = least
	}
	if c.maximum != nil {
		most, ok := asInteger(c.maximum)
		if !ok {
			return
		}
		if most.Cmp(target) < 0 {
			target = most
		}
	}
	s.resize(c, max(clampToInt64(target), 0))
}

// clampBounds reduces the bounds to the limit. ok is false for bounds that are not
// numbers, which raise an exception in the server's comparison.
func clampBounds(minimum, maximum any, limit int64) (low, high, message any, ok bool) {
	if maximum == nil {
		maximum = limit
	}
	if minimum == nil {
		minimum = int64(0)
	}
	least, isMinimumNumber := asFloat(minimum)
	most, isMaximumNumber := asFloat(maximum)
	if !isMinimumNumber || !isMaximumNumber {
		return nil, nil, nil, false
	}
	// These are the server's comparisons. With NaN the result depends on their
	// form.
	if !(most > float64(limit) || least > float64(limit)) {
		return minimum, maximum, nil, true
	}
	low, high = any(limit), any(limit)
	if least < float64(limit) {
		low = minimum
	}
	if most < float64(limit) {
		high = maximum
	}
	message = fmt.Sprintf("Adapt with `maximum=%s, minimum=%s` workers would exceed resource limit of %d workers. Using `maximum=%s, minimum=%s` instead.",
		str(maximum), str(minimum), limit, str(high), str(low))
	return low, high, message, true
}

// withWorkerRequest is what scale and adapt have in common: 404, 403, then the
// body.
func (s *Server) withWorkerRequest(x *exchange, name string, change func(*cluster, object) *httpResponse) *httpResponse {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.visibleCluster(x, name)
	if rejection := s.checkAccess(x, c, name, "view"); rejection != nil {
		return rejection
	}
	body, failed := x.jsonBody()
	if failed != nil {
		return failed
	}
	return change(c, body)
}

func notRunning(c *cluster) *httpResponse {
	return gatewayError(http.StatusConflict, "cluster "+c.name+" is not running")
}
