require 'json'
require 'socket'

PATH, NAME = ARGV
VALUE = "é✓𝄞\n" * 20_480
SOCKET = UNIXSocket.new(PATH)

def ask(message)
  SOCKET.puts(JSON.generate(message))
  JSON.parse(SOCKET.gets)
end

def call(method, params = nil)
  ask({ jsonrpc: '2.0', id: 1, method:, params: })
end

puts "secret #{call('set_secret', { key: "team/#{NAME}", value: VALUE, backend: nil }).dig('result', 'backend')}"
account = ['demo', NAME, nil, 'api_key', nil, nil, { api_key: "key of #{NAME}" }]
puts "account #{call('add_account', account).dig('result', 'account', 'account')}"
puts "vault #{call('status').dig('result', 'vault', 'state')}"

batch = [{ jsonrpc: '2.0', id: 1, method: 'get_token', params: ['demo', NAME] },
         { jsonrpc: '2.0', id: 2, method: 'get_secret', params: { key: "team/#{NAME}" } }]
results = ask(batch).to_h { |answer| [answer['id'], answer['result']] }
puts "batch #{results[1]['access_token']} #{results[2]['value'] == VALUE ? 'whole' : 'changed'}"

data = call('get_token', { service: 'demo', account: 'nobody' }).dig('error', 'data')
puts "error #{data['kind']} #{data['hint'].empty? ? 'without a hint' : 'with a hint'}"

count = pages = 0
cursor = nil
while pages.zero? || cursor
  page = call('list_secrets', ['many/', cursor])['result']
  count += page['secrets'].length
  pages += 1
  cursor = page['cursor']
end
puts "listed #{count} #{pages > 1 ? 'by pages' : 'at once'}"
