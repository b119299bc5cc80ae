using Nemotron.Operator;

return await new OperatorOptions().Command(OperatorHost.RunAsync).Parse(args).InvokeAsync();
