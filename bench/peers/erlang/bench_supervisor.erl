%% One permanent child, restarted as often as it fails.
-module(bench_supervisor).
-behaviour(supervisor).
-export([start_link/0, init/1]).

start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).

init([]) ->
    Flags = #{strategy => one_for_one, intensity => 1000000, period => 1},
    {ok, {Flags, [#{id => bench_child, start => {bench_child, start_link, []}}]}}.
