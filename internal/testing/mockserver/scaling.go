// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"math/big"
	"net/http"
)

func scaleCluster(s *Server, x *exchange, name string) *reply {
	return s.changeWorkers(x, name, func(c *cluster, message object) *reply {
		value, _ := message.get("count")
		count, ok := wholeNumber(value)
		if !ok || count.Sign() < 0 {
			return refuse(http.StatusUnprocessableEntity, "Scale expects a non-negative integer, got "+str(value))
		}
		words := any(nil)
		if limit, limited := s.workerLimit(c.options); limited && count.Cmp(big.NewInt(limit)) > 0 {
			words = fmt.Sprintf("Scale request of %s workers would exceed resource limit of %d workers. Scaling to %d instead.", str(value), limit, limit)
			count = big.NewInt(limit)
		}
		if c.status != "RUNNING" {
			return notRunning(c)
		}
		c.adaptive, c.minimum, c.maximum = false, nil, nil
		s.resize(c, inInt64(count))
		return jsonReply(http.StatusOK, object{{"ok", words == nil}, {"msg", words}})
	})
}

func adaptCluster(s *Server, x *exchange, name string) *reply {
	return s.changeWorkers(x, name, func(c *cluster, message object) *reply {
		minimum, _ := message.get("minimum")
		maximum, _ := message.get("maximum")
		active, there := message.get("active")
		words := any(nil)
		if limit, limited := s.workerLimit(c.options); limited {
			var ok bool
			if minimum, maximum, words, ok = clampBounds(minimum, maximum, limit); !ok {
				return crash()
			}
		}
		if c.status != "RUNNING" {
			return notRunning(c)
		}
		// Switched off, it leaves the workers as they are.
		c.adaptive, c.minimum, c.maximum = !there || truthy(active), nil, nil
		if c.adaptive {
			c.minimum, c.maximum = minimum, maximum
			s.adapt(c)
		}
		return jsonReply(http.StatusOK, object{{"ok", words == nil}, {"msg", words}})
	})
}

// adapt gives a cluster without tasks as many workers as its bounds make it
// have: the minimum, unless the maximum is less. Bounds that are no whole
// numbers are taken as well, and no worker can be made from then on.
func (s *Server) adapt(c *cluster) {
	target := new(big.Int)
	if c.minimum != nil {
		least, ok := wholeNumber(c.minimum)
		if !ok {
			return
		}
		target = least
	}
	if c.maximum != nil {
		most, ok := wholeNumber(c.maximum)
		if !ok {
			return
		}
		if most.Cmp(target) < 0 {
			target = most
		}
	}
	s.resize(c, max(inInt64(target), 0))
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
	// The comparisons are those of the server, which matters for NaN.
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
	words = fmt.Sprintf("Adapt with `maximum=%s, minimum=%s` workers would exceed resource limit of %d workers. Using `maximum=%s, minimum=%s` instead.",
		str(maximum), str(minimum), limit, str(high), str(low))
	return low, high, words, true
}

// changeWorkers is what scale and adapt do alike: 404, 403, then the body.
func (s *Server) changeWorkers(x *exchange, name string, change func(*cluster, object) *reply) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.find(x, name)
	if refused := s.mayNot(x, c, name, "view"); refused != nil {
		return refused
	}
	message, failed := x.message()
	if failed != nil {
		return failed
	}
	return change(c, message)
}

func notRunning(c *cluster) *reply {
	return refuse(http.StatusConflict, "cluster "+c.name+" is not running")
}
