package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// unmarshal decodes JSON into v. A field of the wrong type does not cost the
// others: such an object is decoded again with what does not fit put right or
// left out. The error is not nil where data is no JSON, or no object of this
// shape at all.
func unmarshal(data []byte, v any) error {
	if len(data) == 0 {
		return nil
	}
	err := json.Unmarshal(data, v)
	if err == nil {
		return nil
	}
	if syntax := new(json.SyntaxError); errors.As(err, &syntax) {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return err
	}
	to := reflect.ValueOf(v).Elem()
	tree, ok := fit(tree, to.Type())
	if !ok {
		return err
	}
	if data, err = json.Marshal(tree); err != nil {
		return err
	}
	to.SetZero()
	return json.Unmarshal(data, v)
}

var (
	unmarshaler = reflect.TypeFor[json.Unmarshaler]()
	rawMessage  = reflect.TypeFor[json.RawMessage]()
)

// fit makes a decoded value fit a type; ok is false where nothing of it does.
func fit(v any, t reflect.Type) (out any, ok bool) {
	switch {
	case v == nil || t == rawMessage:
		return v, true
	case reflect.PointerTo(t).Implements(unmarshaler):
		return fitOwn(v, t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return fit(v, t.Elem())
	case reflect.Struct:
		m, ok := v.(map[string]any)
		if ok {
			fitFields(m, t)
		}
		return m, ok
	case reflect.Map:
		m, _ := v.(map[string]any)
		for k, e := range m {
			fitted, fits := fit(e, t.Elem())
			if !fits {
				delete(m, k)
				continue
			}
			m[k] = fitted
		}
		return m, m != nil
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			_, ok := v.(string)
			return v, ok
		}
		list, ok := v.([]any)
		kept := list[:0]
		for _, e := range list {
			if e, ok := fit(e, t.Elem()); ok {
				kept = append(kept, e)
			}
		}
		return kept, ok
	}
	return fitScalar(v, t)
}

func fitFields(m map[string]any, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" && f.Anonymous {
			fitFields(m, f.Type)
			continue
		}
		old, has := m[name]
		if !has {
			continue
		}
		if v, ok := fit(old, f.Type); ok {
			m[name] = v
		} else {
			delete(m, name)
		}
	}
}

// fitOwn tries a value on a type that decodes itself: a quantity, a time, a
// number or name.
func fitOwn(v any, t reflect.Type) (any, bool) {
	for _, try := range append([]any{v}, times(v)...) {
		data, err := json.Marshal(try)
		if err == nil && reflect.New(t).Interface().(json.Unmarshaler).UnmarshalJSON(data) == nil {
			return try, true
		}
	}
	return nil, false
}

// timeLayouts are ways to write a time that are no RFC 3339, or not the one the
// field wants.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999 -0700 MST", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02"}

// microTime is metav1.RFC3339Micro, which a MicroTime insists on.
const microTime = "2006-01-02T15:04:05.000000Z07:00"

// times returns a text that is a time in the forms that the API's types read.
func times(v any) []any {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return []any{t.UTC().Format(time.RFC3339), t.UTC().Format(microTime)}
		}
	}
	return nil
}

func fitScalar(v any, t reflect.Type) (any, bool) {
	word := ""
	switch v := v.(type) {
	case string:
		word = strings.TrimSpace(v)
	case json.Number:
		word = v.String()
	case bool:
		word = strconv.FormatBool(v)
	default:
		return nil, false
	}
	switch t.Kind() {
	case reflect.String:
		if s, ok := v.(string); ok {
			return s, true
		}
		return word, true
	case reflect.Bool:
		switch strings.ToLower(word) {
		case "true", "yes", "on", "y":
			return true, true
		case "false", "no", "off", "n":
			return false, true
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if n, err := strconv.ParseFloat(word, 64); err == nil && !reflect.New(t).Elem().OverflowInt(int64(n)) {
			return int64(n), true
		}
	case reflect.Float32, reflect.Float64:
		if n, err := strconv.ParseFloat(word, 64); err == nil {
			return n, true
		}
	case reflect.Interface:
		return v, true
	}
	return nil, false
}
