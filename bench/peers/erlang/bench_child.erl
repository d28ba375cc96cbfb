%% A server that answers, and that can be told to fail.
-module(bench_child).
-behaviour(gen_server).
-export([start/0, start/1, start_link/0, init/1, handle_call/3, handle_cast/2]).

start() -> start([]).
start(SpawnOptions) -> gen_server:start(?MODULE, [], [{spawn_opt, SpawnOptions}]).
start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

init([]) -> {ok, 0}.
handle_call({answer, Value}, _From, State) -> {reply, Value, State}.
handle_cast(crash, _State) -> erlang:error(crash).
