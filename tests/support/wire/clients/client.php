<?php
[, $path, $name] = $argv;
$value = str_repeat("é✓𝄞\n", 20480);
$socket = stream_socket_client("unix://$path");

function ask(array $message): array
{
    global $socket;
    fwrite($socket, json_encode($message) . "\n");
    return json_decode(fgets($socket), true);
}

function call(string $method, ?array $params = null): array
{
    return ask(['jsonrpc' => '2.0', 'id' => 1, 'method' => $method, 'params' => $params]);
}

$kept = call('set_secret', ['key' => "team/$name", 'value' => $value, 'backend' => null]);
echo "secret {$kept['result']['backend']}\n";
$added = call('add_account', ['demo', $name, null, 'api_key', null, null, ['api_key' => "key of $name"]]);
echo "account {$added['result']['account']['account']}\n";
echo 'vault ', call('status')['result']['vault']['state'], "\n";

$batch = ask([
    ['jsonrpc' => '2.0', 'id' => 1, 'method' => 'get_token', 'params' => ['demo', $name]],
    ['jsonrpc' => '2.0', 'id' => 2, 'method' => 'get_secret', 'params' => ['key' => "team/$name"]],
]);
$results = array_column($batch, 'result', 'id');
echo "batch {$results[1]['access_token']} ", $results[2]['value'] === $value ? 'whole' : 'changed', "\n";

$data = call('get_token', ['service' => 'demo', 'account' => 'nobody'])['error']['data'];
echo "error {$data['kind']} ", $data['hint'] ? 'with a hint' : 'without a hint', "\n";

$count = $pages = 0;
$cursor = null;
do {
    $page = call('list_secrets', ['many/', $cursor])['result'];
    $count += count($page['secrets']);
    $pages += 1;
    $cursor = $page['cursor'];
} while ($cursor);
echo "listed $count ", $pages > 1 ? 'by pages' : 'at once', "\n";
