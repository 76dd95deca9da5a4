package manifest

import (
	"encoding/binary"
	"fmt"
	"math"
	"sort"
)

// message is an encoded protobuf message that fields are added to.
type message []byte

const (
	wireVarint = 0
	wireDouble = 1
	wireBytes  = 2
)

func (m *message) tag(field, wire uint64) {
	*m = binary.AppendUvarint(*m, field<<3|wire)
}

// number adds an integer, a bool or an enum value; zero is what an absent field means.
func (m *message) number(field, value uint64) {
	if value != 0 {
		m.tag(field, wireVarint)
		*m = binary.AppendUvarint(*m, value)
	}
}

// text adds a string; "" is what an absent field means.
func (m *message) text(field uint64, value string) {
	if value != "" {
		m.message(field, message(value))
	}
}

// message adds a message inside this one.
func (m *message) message(field uint64, value message) {
	m.tag(field, wireBytes)
	*m = binary.AppendUvarint(*m, uint64(len(value)))
	*m = append(*m, value...)
}

// entry adds an entry to a map of strings.
func (m *message) entry(field uint64, key, value string) {
	var pair message
	pair.text(1, key)
	pair.text(2, value)
	m.message(field, pair)
}

// structOf encodes a google.protobuf.Struct, its keys in order, so that equal content gives equal bytes.
func structOf(values map[string]any) (message, error) {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	var encoded message
	for _, key := range keys {
		value, err := valueOf(values[key])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		var pair message
		pair.text(1, key)
		pair.message(2, value)
		encoded.message(1, pair)
	}
	return encoded, nil
}

// valueOf encodes a google.protobuf.Value. It holds exactly one field, so zero and "" are written out.
func valueOf(value any) (message, error) {
	var encoded message
	switch value := value.(type) {
	case nil:
		encoded = append(encoded, 1<<3|wireVarint, 0)
	case bool:
		encoded = append(encoded, 4<<3|wireVarint, 0)
		if value {
			encoded[1] = 1
		}
	case int:
		return valueOf(float64(value))
	case float64:
		encoded.tag(2, wireDouble)
		encoded = binary.LittleEndian.AppendUint64(encoded, math.Float64bits(value))
	case string:
		encoded.message(3, message(value))
	case map[string]any:
		inner, err := structOf(value)
		if err != nil {
			return nil, err
		}
		encoded.message(5, inner)
	case []any:
		var list message
		for index, item := range value {
			inner, err := valueOf(item)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", index, err)
			}
			list.message(1, inner)
		}
		encoded.message(6, list)
	default:
		return nil, fmt.Errorf("a value of type %T cannot be part of a task", value)
	}
	return encoded, nil
}
