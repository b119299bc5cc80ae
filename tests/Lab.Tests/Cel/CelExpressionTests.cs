using Nemotron.Lab.Cel;

namespace Nemotron.Lab.Tests.Cel;

public sealed class CelExpressionTests
{
    private static readonly Dictionary<string, CelType> NoTypes = [];
    private static readonly Dictionary<string, object> NoValues = [];

    internal static object Evaluate(string source) => CelProgram.Compile(source, NoTypes).Evaluate(NoValues);

    [Theory]
    // literals and arithmetic
    [InlineData("1 + 2 * 3 == 7 && 7 / 2 == 3 && -7 / 2 == -3 && -7 % 3 == -1")]
    [InlineData("0x1F == 31 && 3u + 4u == 7u && 1.5e1 == 15.0 && .5 == 0.5")]
    [InlineData("-9223372036854775808 < 0 && 9223372036854775807 > 0")]
    [InlineData("dyn(1) == 1.0 && dyn(1u) == 1 && 2 > 1.5 && 1u < 1.5 && -1 < 0u && 1.0 <= 1")]
    [InlineData("'a' + \"b\" == 'ab' && r'\\n' == '\\\\n' && '\\u00e9' == 'é' && '''x''' == 'x'")]
    [InlineData("b'abc' == bytes('abc') && size(b'é') == 2 && b'\\xff'.size() == 1")]
    [InlineData("[1, 2] + [3] == [1, 2, 3] && {'a': 1}['a'] == 1 && {'a': 1}.a == 1")]
    [InlineData("true ? 'x' == 'x' : 1/0 > 0")]
    // logic absorbs errors on either side
    [InlineData("true || 1/0 > 0")]
    [InlineData("1/0 > 0 || true")]
    [InlineData("!(1/0 > 0 && false)")]
    // membership, macros
    [InlineData("1 in [1, 2] && !(3 in [1, 2]) && 'a' in {'a': 1} && dyn(1.0) in [1]")]
    [InlineData("[1, 2, 3].all(x, x > 0) && [1, 2].exists(x, x == 2) && [1, 2, 1].exists_one(x, x == 2)")]
    [InlineData("[].all(x, false) && ![].exists(x, true)")]
    [InlineData("[0, 1].exists(x, 1/x == 1) && ![0, 1].all(x, 1/x == 2)")]
    [InlineData("[1, 2].map(x, x * 2) == [2, 4] && [1, 2, 3].filter(x, x % 2 == 1) == [1, 3] && [1, 2].map(x, x > 1, x + 1) == [3]")]
    [InlineData("{'a': 1, 'b': 2}.all(k, k in ['a', 'b']) && {'a': 1}.map(k, k) == ['a']")]
    [InlineData("[5, 6].all(i, v, v == i + 5) && {'a': 1}.exists(k, v, k == 'a' && v == 1) && [1, 2].existsOne(i, v, i == 0)")]
    [InlineData("[1, 2].transformList(i, v, v + i) == [1, 3] && {'a': 1}.transformMap(k, v, v + 1) == {'a': 2} && {'a': 'b'}.transformMapEntry(k, v, {v: k}) == {'b': 'a'}")]
    [InlineData("has({'a': 1}.a) && !has({'a': 1}.b)")]
    [InlineData("[[1, 2], [3]].all(x, x.all(y, y > 0))")]
    // optionals
    [InlineData("{'a': 1}.?a.orValue(5) == 1 && {'a': 1}.?b.orValue(5) == 5 && {'a': {'b': 2}}.?a.b.value() == 2")]
    [InlineData("[1][?0].hasValue() && ![1][?1].hasValue() && optional.none().or(optional.of(3)).value() == 3")]
    [InlineData("optional.of(2).optMap(x, x + 1).value() == 3 && optional.of(2).optFlatMap(x, optional.of(x)).value() == 2 && [?optional.none(), 1] == [1]")]
    [InlineData("{?'a': optional.none(), 'b': 1} == {'b': 1} && !optional.ofNonZeroValue('').hasValue()")]
    // conversions and types
    [InlineData("int('12') == 12 && int(1.9) == 1 && double('1.5') == 1.5 && string(12) == '12' && string(1.0) == '1' && uint(3) == 3u && bool('true')")]
    [InlineData("type(1) == int && type('') == string && type([]) == list && type({}) == map && type(null) == null_type && type(int) == type")]
    [InlineData("type(duration('1s')) == google.protobuf.Duration && type(1u) != int && string(b'abc') == 'abc'")]
    [InlineData("(false ? 1 : dyn('a')) + 'b' == 'ab' && (true ? dyn('a') : 1) + 'b' == 'ab' && [dyn(1), 'a'].exists(x, x == 'a')")]
    [InlineData("[].map(x, x) + [1] == [1] && [[]] == [[]] && {} == {} && [{}][0].all(k, false) && size([]) + size({}) == 0")]
    [InlineData("dyn(1) == 1 && dyn('x') != 1 && null == null")]
    // strings
    [InlineData("'hello'.startsWith('he') && 'hello'.endsWith('lo') && 'hello'.contains('ell') && 'hello'.matches('^h.*o$') && matches('a1', '[0-9]')")]
    [InlineData("'tacocat'.charAt(3) == 'o' && 'héllo'.size() == 5 && 'héllo'.charAt(1) == 'é' && 'ab'.charAt(2) == ''")]
    [InlineData("'hello mellow'.indexOf('ello') == 1 && 'hello mellow'.lastIndexOf('ello') == 7 && 'hello mellow'.indexOf('ello', 2) == 7 && 'hello'.indexOf('z') == -1 && 'x'.indexOf('') == 0")]
    [InlineData("'hello mellow'.lastIndexOf('ello', 6) == 1 && 'abc'.lastIndexOf('') == 3")]
    [InlineData("['a', 'b'].join('-') == 'a-b' && ['a', 'b'].join() == 'ab' && 'ABc'.lowerAscii() == 'abc' && 'abÉ'.upperAscii() == 'ABÉ'")]
    [InlineData("'aba'.replace('a', 'x') == 'xbx' && 'aba'.replace('a', 'x', 1) == 'xba' && 'ab'.replace('', '-') == '-a-b-'")]
    [InlineData("'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c'] && 'abc'.split('') == ['a', 'b', 'c'] && ''.split(',') == ['']")]
    [InlineData("'hello'.substring(1) == 'ello' && 'hello'.substring(1, 3) == 'el' && '  x '.trim() == 'x' && 'abc'.reverse() == 'cba'")]
    [InlineData("'%s is %d, %.2f%% %x'.format([dyn('a'), 3, 1.5, 255]) == 'a is 3, 1.50% ff' && strings.quote('a\"b') == '\"a\\\\\"b\"'")]
    [InlineData("'abc 123'.find('[0-9]+') == '123' && 'x'.find('y') == '' && 'a1b2'.findAll('[0-9]') == ['1', '2'] && 'a1b2'.findAll('[0-9]', 1) == ['1']")]
    // lists, sets
    [InlineData("[1, 2, 2].isSorted() && ![2, 1].isSorted() && ['a', 'b'].isSorted() && [1, 3].sum() == 4 && [1.5, 1.0].sum() == 2.5 && [3, 1].min() == 1 && ['a', 'b'].max() == 'b'")]
    [InlineData("['a', 'b', 'a'].indexOf('a') == 0 && ['a', 'b', 'a'].lastIndexOf('a') == 2 && [1].indexOf(2) == -1")]
    [InlineData("[1, 2, 3].slice(1, 3) == [2, 3] && [[1], [2]].flatten() == [1, 2] && [3, 1].sort() == [1, 3] && [1, 1].distinct() == [1] && lists.range(2) == [0, 1] && [1, 2].reverse() == [2, 1]")]
    [InlineData("sets.contains([1, 2], [2]) && sets.equivalent([1, 2], [2, 1, 1]) && sets.intersects([1], [1, 3]) && !sets.intersects([1], [2])")]
    // time
    [InlineData("duration('1h30m') == duration('5400s') && duration('90m').getMinutes() == 90 && string(duration('1h')) == '3600s' && duration('1s') < duration('1m')")]
    [InlineData("timestamp('2026-01-02T03:04:05Z').getFullYear() == 2026 && timestamp('2026-01-02T03:04:05Z').getMonth() == 0 && timestamp('2026-01-02T03:04:05Z').getHours('+02:00') == 5")]
    [InlineData("timestamp('2026-01-02T00:00:00Z') + duration('1h') == timestamp('2026-01-02T01:00:00Z') && timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z') == duration('24h')")]
    // url, ip, cidr
    [InlineData("isURL('https://u@example.com:8080/a/b?x=1&x=2') && !isURL('example') && url('https://example.com:80/p').getPort() == '80' && url('https://[::1]:80/').getHostname() == '::1'")]
    [InlineData("url('https://example.com/a?x=1&x=2').getQuery()['x'] == ['1', '2'] && url('/path').getEscapedPath() == '/path' && url('/path').getScheme() == ''")]
    [InlineData("isIP('10.0.0.1') && !isIP('10.0.0.256') && !isIP('01.2.3.4') && ip('::1').family() == 6 && ip('127.0.0.1').isLoopback() && ip('169.254.1.1').isLinkLocalUnicast() && ip.isCanonical('::1') && !ip.isCanonical('0:0::1')")]
    [InlineData("cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR(cidr('10.1.0.0/16')) && !cidr('10.0.0.0/16').containsCIDR('10.0.0.0/8') && cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('10.0.0.0/8').prefixLength() == 8 && cidr('10.1.2.3/8').ip() == ip('10.1.2.3')")]
    // quantities
    [InlineData("quantity('1500m').compareTo(quantity('1.5')) == 0 && quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('1k').asInteger() == 1000 && isQuantity('80Gi') && !isQuantity('80 Gi')")]
    [InlineData("quantity('1').add(quantity('500m')) == quantity('1500m') && quantity('2').sub(1).asInteger() == 1 && quantity('-1').sign() == -1 && !quantity('100m').isInteger() && quantity('1.5').asApproximateFloat() == 1.5")]
    // formats, semver
    [InlineData("!format.dns1123Label().validate('ok').hasValue() && format.dns1123Label().validate('Not ok').value().size() == 1 && format.named('uuid').hasValue() && !format.named('nothing').hasValue()")]
    [InlineData("semver('1.2.3').isLessThan(semver('1.10.0')) && isSemver('1.2.3-rc.1') && !isSemver('v1.2') && isSemver('v1.2', true) && semver('1.0.0-rc.1').compareTo(semver('1.0.0')) == -1 && semver('1.2.3').minor() == 2")]
    public void Is_true(string source) => Evaluate(source).ShouldBe(true);

    [Theory]
    [InlineData("1 / 0", "division by zero")]
    [InlineData("1 % 0", "modulus by zero")]
    [InlineData("9223372036854775807 + 1", "integer overflow")]
    [InlineData("-(-9223372036854775808)", "integer overflow")]
    [InlineData("0u - 1u", "unsigned integer overflow")]
    [InlineData("{'a': 1}['b']", "no such key: b")]
    [InlineData("[1][1]", "index out of bounds: 1")]
    [InlineData("dyn('a') + 1", "no such overload")]
    [InlineData("int('x')", "strconv.ParseInt: parsing \"x\": invalid syntax")]
    [InlineData("optional.none().value()", "optional.none() dereference")]
    [InlineData("[1, 2].map(x, x / 0)", "division by zero")]
    [InlineData("'abc'.substring(2, 1)", "invalid substring range. start: 2, end: 1")]
    [InlineData("'abc'.charAt(9)", "index out of range: 9")]
    [InlineData("timestamp('9999-12-31T23:59:59Z') + duration('1h')", "timestamp overflow")]
    public void Ends_in_an_error(string source, string message) =>
        Should.Throw<CelEvaluationException>(() => Evaluate(source)).Message.ShouldBe(message);

    [Theory]
    [InlineData("x", "ERROR: <input>:1:1: undeclared reference to 'x' (in container '')\n | x\n | ^")]
    [InlineData("1 + 'a'", "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | 1 + 'a'\n | ..^")]
    [InlineData("'a'.size(1)", "ERROR: <input>:1:9: found no matching overload for 'size' applied to 'string.(int)'\n | 'a'.size(1)\n | ........^")]
    [InlineData("nope(1)", "ERROR: <input>:1:5: undeclared reference to 'nope' (in container '')\n | nope(1)\n | ....^")]
    [InlineData("1.a", "ERROR: <input>:1:2: Syntax error: extraneous input '.' expecting <EOF>\n | 1.a\n | .^", false)]
    [InlineData("[1, 'a']", "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, 'a']\n | ....^")]
    [InlineData("1.all(x, true)", null)]
    [InlineData("(1).all(x, true)", "ERROR: <input>:1:2: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | (1).all(x, true)\n | .^")]
    [InlineData("'a'.b", "ERROR: <input>:1:4: type 'string' does not support field selection\n | 'a'.b\n | ...^")]
    [InlineData("true &&\n 1", "ERROR: <input>:1:6: found no matching overload for '_&&_' applied to '(bool, int)'\n | true &&\n | .....^")]
    [InlineData("for", null)]
    [InlineData("1 +", null)]
    [InlineData("Foo{a: 1}", null)]
    [InlineData("1 == 1.0", "ERROR: <input>:1:3: found no matching overload for '_==_' applied to '(int, double)'\n | 1 == 1.0\n | ..^")]
    [InlineData("'unclosed", null)]
    [InlineData("has(1)", null)]
    [InlineData("[1].all(1, true)", null)]
    [InlineData("99999999999999999999", null)]
    public void Does_not_compile(string source, string? message, bool exact = true)
    {
        var fault = Should.Throw<CelCompileException>(() => Evaluate(source));
        fault.Message.ShouldStartWith("ERROR: <input>:1:");
        if (message is not null && exact) fault.Message.ShouldBe(message);
    }

    [Fact]
    public void A_text_nested_too_deep_is_refused_and_a_long_chain_too()
    {
        Should.Throw<CelCompileException>(() => Evaluate(new string('(', 5000) + "1" + new string(')', 5000)));
        Should.Throw<CelCompileException>(() => Evaluate(string.Join(" + ", Enumerable.Repeat("1", 20_000))));
        Should.Throw<CelCompileException>(() => Evaluate(new string('!', 5000) + "true"));
        Evaluate(string.Join(" + ", Enumerable.Repeat("1", 500))).ShouldBe(500L);
    }

    [Fact]
    public void A_walk_that_costs_too_much_is_stopped()
    {
        var program = CelProgram.Compile("lists.range(1000).all(x, lists.range(1000).all(y, x + y >= 0))", NoTypes);
        Should.Throw<CelBudgetException>(() => program.Evaluate(NoValues));
    }

    [Theory]
    [InlineData("a.b", "a__dot__b")]
    [InlineData("a-b/c", "a__dash__b__slash__c")]
    [InlineData("a__b", "a__underscores__b")]
    [InlineData("namespace", "__namespace__")]
    [InlineData("int", "int")]
    [InlineData("ünïcode", null)]
    [InlineData("1a", null)]
    public void Property_names_are_escaped(string name, string? escaped) => PropertyNames.Escape(name).ShouldBe(escaped);
}
