# Prints the access token of an account: ruby ask.rb SERVICE ACCOUNT
require 'json'
require 'socket'

def path_of_socket
  return ENV['SIGILFORGE_SOCKET'] unless ENV['SIGILFORGE_SOCKET'].to_s.empty?
  return File.join(ENV['SIGILFORGE_HOME'], 'run/sigilforge.sock') unless ENV['SIGILFORGE_HOME'].to_s.empty?
  if RUBY_PLATFORM.include?('darwin')
    return File.expand_path('~/Library/Application Support/sigilforge/run/sigilforge.sock')
  end
  return File.join(ENV['XDG_RUNTIME_DIR'], 'sigilforge.sock') unless ENV['XDG_RUNTIME_DIR'].to_s.empty?

  File.expand_path('~/.local/state/sigilforge/run/sigilforge.sock')
end

def call(method, params)
  path = path_of_socket
  abort "#{path} belongs to another user." unless File.lstat(path).owned?
  UNIXSocket.open(path) do |socket|
    socket.write(JSON.generate({ jsonrpc: '2.0', id: 1, method:, params: }), "\n")
    # One line is one answer, however long it is. Only those that have an id answer a request.
    socket.each_line do |line|
      answer = JSON.parse(line)
      return answer if answer['id'] == 1
    end
  end
  abort 'The daemon has closed the connection.'
end

answer = call('get_token', { service: ARGV[0], account: ARGV[1] })
if (error = answer['error'])
  abort "#{error['data']['kind']}: #{error['message']}\n#{error['data']['hint']}"
end
puts answer['result']['access_token']
