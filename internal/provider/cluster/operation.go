// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

// operation is what Terraform was doing when a call failed. It decides what the
// failure means for the state, and which timeout applies.
type operation int

const (
	creating operation = iota
	updating
	// invoking is an action, which changes no state.
	invoking
)

// timeout returns the argument that limits the operation.
func (o operation) timeout() string {
	switch o {
	case creating:
		return "timeouts.create"
	case updating:
		return "timeouts.update"
	default:
		return "timeout"
	}
}

// consequence returns what an error of the operation means for a cluster that
// exists, or "". Terraform taints a resource only if its create fails.
func (o operation) consequence() string {
	switch o {
	case creating:
		return "The cluster is in the state and marked as tainted. The next terraform apply replaces it. terraform destroy stops it. To keep it:\n\n  terraform untaint ADDRESS_OF_THIS_RESOURCE"
	case updating:
		return "The cluster stays in the state and is not tainted. Run terraform plan to see what the next terraform apply changes."
	default:
		return ""
	}
}

// retryAfterEnd returns what to do about a cluster that has ended, with a leading
// space. An action may be for a cluster that Terraform does not manage.
func (o operation) retryAfterEnd() string {
	if o == invoking {
		return ""
	}
	return " Run terraform apply again: it refreshes the state, and creates a new cluster if this one has ended."
}

// withConsequence adds the consequence as a paragraph.
func withConsequence(detail string, during operation) string {
	if consequence := during.consequence(); consequence != "" {
		return detail + "\n\n" + consequence
	}
	return detail
}
