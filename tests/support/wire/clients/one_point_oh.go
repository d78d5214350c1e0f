package main

import (
	"fmt"
	"net/rpc/jsonrpc"
	"os"
)

// The codec of Go's own library speaks JSON-RPC 1.0.
func main() {
	client, err := jsonrpc.Dial("unix", os.Args[1])
	if err != nil {
		panic(err)
	}
	var status map[string]any
	fmt.Println(client.Call("status", struct{}{}, &status))
}
