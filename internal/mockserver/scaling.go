// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"net/http"
)

func scaleCluster(s *Server, x *exchange, name string) *reply {
	return s.changeWorkers(x, name, func(c *cluster, message object) *reply {
		value, _ := message.get("count")
		count, ok := wholeNumber(value)
		if !ok || count < 0 {
			return refuse(http.StatusUnprocessableEntity, "Scale expects a non-negative integer, got "+str(value))
		}
		words := any(nil)
		if limit := int64(s.cfg.MaxWorkers); limit > 0 && count > limit {
			words = fmt.Sprintf("Scale request of %d workers would exceed resource limit of %d workers. Scaling to %d instead.", count, limit, limit)
			count = limit
		}
		if c.status != "RUNNING" {
			return notRunning(c)
		}
		c.adaptive, c.minimum, c.maximum = false, nil, nil
		s.resize(c, count)
		return jsonReply(http.StatusOK, object{{"ok", words == nil}, {"msg", words}})
	})
}

func adaptCluster(s *Server, x *exchange, name string) *reply {
	return s.changeWorkers(x, name, func(c *cluster, message object) *reply {
		minimum, _ := message.get("minimum")
		maximum, _ := message.get("maximum")
		active, there := message.get("active")
		words := any(nil)
		if limit := int64(s.cfg.MaxWorkers); limit > 0 {
			var ok bool
			if minimum, maximum, words, ok = clampBounds(minimum, maximum, limit); !ok {
				return crash()
			}
		}
		if c.status != "RUNNING" {
			return notRunning(c)
		}
		c.adaptive = !there || truthy(active)
		c.minimum, c.maximum = minimum, maximum
		if least, ok := wholeNumber(minimum); ok && c.adaptive {
			if most, ok := wholeNumber(maximum); ok {
				least = min(least, most)
			}
			s.resize(c, max(least, 0))
		}
		return jsonReply(http.StatusOK, object{{"ok", words == nil}, {"msg", words}})
	})
}

// clampBounds holds the bounds under the limit. Not ok means that they are no
// numbers, at which the server's comparison fails.
func clampBounds(minimum, maximum any, limit int64) (low, high, words any, ok bool) {
	if maximum == nil {
		maximum = limit
	}
	if minimum == nil {
		minimum = int64(0)
	}
	least, isNumber := asFloat(minimum)
	most, isNumberToo := asFloat(maximum)
	if !isNumber || !isNumberToo {
		return nil, nil, nil, false
	}
	if most <= float64(limit) && least <= float64(limit) {
		return minimum, maximum, nil, true
	}
	low, high = minimum, maximum
	if least > float64(limit) {
		low = limit
	}
	if most > float64(limit) {
		high = limit
	}
	words = fmt.Sprintf("Adapt with `maximum=%s, minimum=%s` workers would exceed resource limit of %d workers. Using `maximum=%s, minimum=%s` instead.",
		str(maximum), str(minimum), limit, str(high), str(low))
	return low, high, words, true
}

// changeWorkers is what scale and adapt do alike: 404, 403, then the body.
func (s *Server) changeWorkers(x *exchange, name string, change func(*cluster, object) *reply) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.state.clusters[name]
	if refused := s.mayNot(x, c, name, "view"); refused != nil {
		return refused
	}
	message, ok := x.message()
	if !ok {
		return crash()
	}
	return change(c, message)
}

func notRunning(c *cluster) *reply {
	return refuse(http.StatusConflict, "cluster "+c.name+" is not running")
}

// wholeNumber is Python's isinstance(value, int): a bool is one.
func wholeNumber(value any) (int64, bool) {
	switch value := value.(type) {
	case int64:
		return value, true
	case bool:
		if value {
			return 1, true
		}
		return 0, true
	default:
		return 0, false
	}
}
