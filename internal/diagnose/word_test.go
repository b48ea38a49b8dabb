package diagnose

import "testing"

func TestWord(t *testing.T) {
	for name, want := range map[string]string{
		"registry.example.com:5000/shop/api:1.2@sha256:ab": "registry.example.com:5000/shop/api:1.2@sha256:ab",
		"shop-api": "shop-api", "": "NAME", "a;b": "NAME", "$(id)": "NAME", "`id`": "NAME", "a b": "NAME", "a\nb": "NAME", "--all": "NAME", "<no value>": "NAME",
	} {
		if got := Word(name, "NAME"); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
