// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cloudinit

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
	"github.com/planetary-computer/terraform-provider-pc/internal/optionreader"
)

// Each check returns what is wrong with a value, or "". The message follows the
// name of the option.

func imageReference(text string) string {
	if _, err := reference.ParseNormalizedNamed(text); err != nil {
		return fmt.Sprintf("must be the name of a container image, such as pangeo/pangeo-notebook:2026.08.01, not %q: %v", text, err)
	}
	return ""
}

// dockerArgument rejects arguments that the unit sets itself: docker would refuse
// them, or systemd would lose control of the container.
func dockerArgument(text string) string {
	switch name, _, _ := strings.Cut(text, "="); name {
	case "--name", "--restart", "--detach", "-d":
		return "must not have " + name + ": systemd starts, restarts and stops the container under the name dask"
	default:
		return optionreader.OneLine(text)
	}
}

// shellLines accepts one or more lines.
func shellLines(text string) string {
	if strings.TrimSpace(text) == "" {
		return "must be a shell command, and is empty"
	}
	if index := strings.IndexFunc(text, func(r rune) bool { return optionreader.BreaksLine(r) && r != '\n' && r != '\t' }); index >= 0 {
		return fmt.Sprintf("must have no control characters except tabs and line ends, and has %q", []rune(text[index:])[0])
	}
	return ""
}

var (
	durationForm = lazy.Regexp(`^([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)$`)
	// durationUnits are the units of dask.utils.timedelta_sizes.
	durationUnits = strings.Fields("s ms us ns m h d w second minute hour day week millisecond microsecond nanosecond " +
		"seconds minutes hours days weeks milliseconds microseconds nanoseconds")
	memoryForm = lazy.Regexp(`^([0-9]+(?:\.[0-9]+)?(?:[eE][0-9]+)?) ?([A-Za-z]*)$`)
	// memoryUnits are the units of dask.utils.byte_sizes.
	memoryUnits = strings.Fields("kb mb gb tb pb kib mib gib tib pib b k m g t p ki mi gi ti pi")
	pythonForm  = lazy.Regexp(`^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$`)
)

// duration accepts the texts with a unit that dask.utils.parse_timedelta accepts.
func duration(text string) string {
	parts := durationForm().FindStringSubmatch(text)
	if parts == nil || !slices.Contains(durationUnits, strings.ToLower(parts[2])) {
		return fmt.Sprintf(`must be a duration of Dask, a number and one unit, such as "90s", "30 minutes" or "1.5h", not %q`, text)
	}
	return ""
}

// memoryLimit accepts the texts that distributed.worker_memory.parse_memory_limit
// accepts.
func memoryLimit(text string) string {
	if text == "auto" {
		return ""
	}
	parts := memoryForm().FindStringSubmatch(text)
	if parts == nil || parts[2] != "" && !slices.Contains(memoryUnits, strings.ToLower(parts[2])) {
		return fmt.Sprintf(`must be an amount of memory, such as "14GiB", "0.9" for 90 %% of the machine's memory, "0" for no limit or "auto", not %q`, text)
	}
	return ""
}

func absolutePath(text string) string {
	if message := optionreader.OneLine(text); message != "" {
		return message
	}
	if !path.IsAbs(text) || path.Clean(text) != text || text == "/" || strings.ContainsAny(text, ":,") {
		return fmt.Sprintf("must be the absolute path of a folder, without .. and without a colon or comma, such as /mnt/dask, not %q", text)
	}
	return ""
}

// workerClass also rejects AzureVMCluster's default, a nanny, because dask worker
// starts a nanny itself.
func workerClass(text string) string {
	switch {
	case !pythonForm().MatchString(text):
		return fmt.Sprintf("must be the full name of a Python class, such as dask_cuda.CUDAWorker, not %q", text)
	case strings.HasSuffix(text, ".Nanny"):
		return "must be a class of workers. Leave it out: dask worker starts a nanny unless nanny is false"
	default:
		return ""
	}
}
