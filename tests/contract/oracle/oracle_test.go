// Package oracle holds the C code against the Go libraries that define how Kubernetes behaves: each
// test makes questions, has all of them answered by one run of build/tests/contract/oracle/answer, and
// compares with what the library says.
package oracle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os/exec"
	"testing"
)

var (
	program = flag.String("answer", "../../../build/tests/contract/oracle/answer", "the program that answers")
	seed    = flag.Uint64("seed", 1, "seed of the random questions")
	howMany = flag.Int("random", 50000, "random questions of each kind")
)

func random(t *testing.T) *rand.Rand {
	t.Logf("seed %d, %d random questions", *seed, *howMany)
	return rand.New(rand.NewPCG(*seed, 0))
}

func pick[T any](r *rand.Rand, from []T) T {
	return from[r.IntN(len(from))]
}

// ask has all questions answered; the answers are in their order.
func ask[Q, A any](t *testing.T, kind string, questions []Q) []A {
	t.Helper()
	var in, out, complaint bytes.Buffer
	encoder := json.NewEncoder(&in)
	encoder.SetEscapeHTML(false)
	for _, q := range questions {
		if err := encoder.Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command(*program, kind)
	command.Stdin, command.Stdout, command.Stderr = &in, &out, &complaint
	if err := command.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", *program, kind, err, complaint.String())
	}
	answers := make([]A, 0, len(questions))
	lines := bufio.NewScanner(&out)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var a A
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		answers = append(answers, a)
	}
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions", len(answers), len(questions))
	}
	t.Logf("%s: %d questions", kind, len(questions))
	return answers
}
