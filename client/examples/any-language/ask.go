// Prints the access token of an account: go run ask.go SERVICE ACCOUNT. The socket is that of SIGILFORGE_SOCKET, or
// of SIGILFORGE_HOME or XDG_RUNTIME_DIR; ask.py knows the places of macOS and of a machine without a session too.
package main

import ("bufio"; "encoding/json"; "fmt"; "net"; "os"; "path/filepath")

type answer struct {
	ID     int
	Result struct { AccessToken string `json:"access_token"` }
	Error  *struct { Message string; Data struct { Kind, Hint string } }
}

func fail(text ...any) { fmt.Fprintln(os.Stderr, text...); os.Exit(1) }

func main() {
	path := os.Getenv("SIGILFORGE_SOCKET")
	if home := os.Getenv("SIGILFORGE_HOME"); path == "" && home != "" { path = filepath.Join(home, "run/sigilforge.sock") }
	if path == "" { path = filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "sigilforge.sock") }
	connection, err := net.Dial("unix", path)
	if err != nil { fail(err) }
	defer connection.Close()
	params := map[string]string{"service": os.Args[1], "account": os.Args[2]}
	request := map[string]any{"jsonrpc": "2.0", "id": 1, "method": "get_token", "params": params}
	// Encode ends with the newline that ends a request.
	if err = json.NewEncoder(connection).Encode(request); err != nil { fail(err) }
	// Not bufio.Scanner, which takes no line of more than 64 KiB.
	reader := bufio.NewReader(connection)
	for {
		line, err := reader.ReadBytes('\n')
		if err != nil { fail(err) }
		var got answer
		if err = json.Unmarshal(line, &got); err != nil { fail(err) }
		if got.ID != 1 { continue } // a notification
		if got.Error != nil { fail(got.Error.Data.Kind+":", got.Error.Message+"\n"+got.Error.Data.Hint) }
		fmt.Println(got.Result.AccessToken)
		return
	}
}
