// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"crypto/x509"
	"errors"
	"strconv"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/addresses"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

// maxRetries is a number beyond which retries only delay the error.
const maxRetries = 20

// maxConnections is far above the number of requests that a gateway handles at
// the same time.
const maxConnections = 1000

func parseCertificates(text string) (string, error) {
	if !x509.NewCertPool().AppendCertsFromPEM([]byte(text)) {
		return "", errors.New("contains no PEM certificate")
	}
	return text, nil
}

func parseProxySetting(text string) (secret.String, error) {
	if usesEnvironment, isFlag := addresses.ParseProxyFlag(text); isFlag {
		return secret.New(strconv.FormatBool(usesEnvironment)), nil
	}
	_, err := addresses.ParseHTTPProxy(text)
	return secret.New(text), err
}

func parseRetries(text string) (int64, error) {
	retries, err := strconv.ParseInt(text, 10, 64)
	if err != nil || retries < 0 || retries > maxRetries {
		return 0, errors.New("is not a number of retries")
	}
	return retries, nil
}

func parseConnections(text string) (int64, error) {
	connections, err := strconv.ParseInt(text, 10, 64)
	if err != nil || connections < 1 || connections > maxConnections {
		return 0, errors.New("is not a number of connections")
	}
	return connections, nil
}

func parseTimeout(text string) (time.Duration, error) {
	timeout, err := time.ParseDuration(text)
	if err != nil {
		return 0, errors.New("is not a duration")
	}
	if timeout <= 0 {
		return 0, errors.New("is not positive")
	}
	return timeout, nil
}

func parseBool(text string) (bool, error) {
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, errors.New("is neither true nor false")
	}
	return value, nil
}
