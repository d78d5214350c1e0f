package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
)

type object = map[string]any

type Answer struct {
	Id     int
	Result struct {
		Backend     string
		Account     struct{ Account string }
		Vault       struct{ State string }
		AccessToken string `json:"access_token"`
		Value       string
		Secrets     []object
		Cursor      *string
	}
	Error struct {
		Data struct{ Kind, Hint string }
	}
}

var in *json.Decoder
var out *json.Encoder

func ask(message any, answer any) {
	if err := out.Encode(message); err != nil {
		panic(err)
	}
	if err := in.Decode(answer); err != nil {
		panic(err)
	}
}

func call(method string, params any) (answer Answer) {
	ask(object{"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, &answer)
	return
}

func either(first bool, yes, no string) string {
	if first {
		return yes
	}
	return no
}

func main() {
	path, name := os.Args[1], os.Args[2]
	value := strings.Repeat("é✓𝄞\n", 20480)
	connection, err := net.Dial("unix", path)
	if err != nil {
		panic(err)
	}
	in, out = json.NewDecoder(connection), json.NewEncoder(connection)

	kept := call("set_secret", object{"key": "team/" + name, "value": value, "backend": nil})
	fmt.Println("secret", kept.Result.Backend)
	added := call("add_account", []any{"demo", name, nil, "api_key", nil, nil, object{"api_key": "key of " + name}})
	fmt.Println("account", added.Result.Account.Account)
	fmt.Println("vault", call("status", nil).Result.Vault.State)

	var batch []Answer
	ask([]object{
		{"jsonrpc": "2.0", "id": 1, "method": "get_token", "params": []string{"demo", name}},
		{"jsonrpc": "2.0", "id": 2, "method": "get_secret", "params": object{"key": "team/" + name}},
	}, &batch)
	results := map[int]Answer{batch[0].Id: batch[0], batch[1].Id: batch[1]}
	fmt.Println("batch", results[1].Result.AccessToken, either(results[2].Result.Value == value, "whole", "changed"))

	data := call("get_token", object{"service": "demo", "account": "nobody"}).Error.Data
	fmt.Println("error", data.Kind, either(data.Hint != "", "with a hint", "without a hint"))

	count, pages, cursor := 0, 0, (*string)(nil)
	for pages == 0 || cursor != nil {
		page := call("list_secrets", []any{"many/", cursor}).Result
		count, pages, cursor = count+len(page.Secrets), pages+1, page.Cursor
	}
	fmt.Println("listed", count, either(pages > 1, "by pages", "at once"))
}
