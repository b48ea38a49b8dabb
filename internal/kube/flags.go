package kube

import (
	"os"

	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"
)

// Flags are kubectl's own flags for choosing a cluster, a user and a namespace,
// with kubectl's rules for finding a kubeconfig.
type Flags struct {
	config *genericclioptions.ConfigFlags
}

// NewFlags returns the flags with kubectl's defaults.
func NewFlags() *Flags {
	f := genericclioptions.NewConfigFlags(true)
	f.CacheDir = nil // nothing is discovered, so nothing is cached
	return &Flags{f}
}

// AddTo puts --kubeconfig, --context, -n and the others on a command.
func (f *Flags) AddTo(set *pflag.FlagSet) { f.config.AddFlags(set) }

// Namespace returns the namespace of -n, else that of the context, else "default".
func (f *Flags) Namespace() (string, error) {
	ns, _, err := f.config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return "", configError(err)
	}
	return ns, nil
}

// RESTConfig returns the client configuration that the flags choose. Every error
// is an *Error.
func (f *Flags) RESTConfig() (*rest.Config, error) {
	loader := f.config.ToRawKubeConfigLoader()
	raw, err := loader.RawConfig()
	if err != nil {
		return nil, configError(err)
	}
	name := *f.config.Context
	if name == "" {
		name = raw.CurrentContext
	}
	if raw.Contexts[name] == nil && name != "" {
		return nil, contextError(name)
	}
	cfg, err := loader.ClientConfig()
	if err != nil {
		return nil, configError(err)
	}
	if len(raw.Clusters) == 0 && *f.config.APIServer == "" && cfg.BearerTokenFile == "" && os.Getenv("KUBERNETES_MASTER") == "" {
		// Without a kubeconfig client-go falls back to localhost, where nobody meant to
		// look (client-go v0.37 tools/clientcmd/client_config.go getDefaultServer).
		return nil, configError(genericclioptions.ErrEmptyConfig)
	}
	return cfg, nil
}
