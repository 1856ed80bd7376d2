#include "interop/architecture.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/graph/registry.h"
#include "core/graph/submodel.h"
#include "core/random.h"
#include "data/file.h"
#include "interop/json.h"
#include "layers/activation.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/flatten.h"
#include "losses/binary_crossentropy.h"
#include "losses/sparse_categorical_crossentropy.h"
#include "metrics/binary_accuracy.h"
#include "optim/sgd.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

std::string golden(const std::string& run) {
  const auto bytes =
      read_file(std::string(MINNOW_SOURCE_DIR "/tests/golden/") + run + "/model.json");
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Architecture, WhatKerasWroteComesBackAsItWas) {
  for (const char* run : {"ex1_cnn", "ex2_mlp", "onehot_sgd_momentum"}) {
    const Config written = parse_json(golden(run), run);
    Model model = model_from_config(written, run);
    model.compile(compile_options_from(written["compile_config"]));
    const Config again = architecture_of(model);
    // Every setting that Keras wrote for a layer is written back the same.
    const auto& layers = written["config"]["layers"].list();
    const auto& ours = again["config"]["layers"].list();
    ASSERT_EQ(layers.size(), ours.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
      EXPECT_EQ(layers[i]["class_name"], ours[i]["class_name"]);
      for (const auto& [key, value] : layers[i]["config"].entries()) {
        EXPECT_EQ(ours[i]["config"][key].str(), value.str()) << run << " " << key;
      }
    }
    EXPECT_EQ(again["config"]["name"], written["config"]["name"]);
    EXPECT_EQ(again["compile_config"]["loss"], written["compile_config"]["loss"]);
    EXPECT_EQ(again["compile_config"]["metrics"], written["compile_config"]["metrics"]);
    // And reading that gives the same again.
    Model second = model_from_config(again, run);
    second.compile(compile_options_from(again["compile_config"]));
    EXPECT_EQ(to_json(second), to_json(model));
  }
}

TEST(Architecture, FunctionalGraphsWithSharedLayersComeBack) {
  const Input a({4}, {.name = "a"}), b({4}, {.name = "b"});
  const Dense shared(3, {.activation = "relu", .name = "shared"});
  const Symbol left = shared(a), right = Activation("tanh", {.name = "t"})(shared(b));
  Model model({a, b}, {Dense(2, {.name = "x"})(left), Dense(1, {.name = "y"})(right)});
  const std::string json = to_json(model);
  Model back = model_from_json(json);
  EXPECT_EQ(to_json(back), json);
  EXPECT_EQ(back.named_weights().size(), model.named_weights().size());
  EXPECT_EQ(back.graph().inputs().size(), 2U);
  EXPECT_EQ(back.graph().outputs().size(), 2U);
}

TEST(Architecture, ModelsWithinModelsComeBack) {
  const Input in({4}, {.name = "in"});
  const Symbol hidden = Dense(3, {.name = "hidden"})(in);
  const Submodel encoder({in}, {hidden, Activation("tanh", {.name = "t"})(hidden)},
                         {.name = "encoder", .trainable = false});
  const Submodel head({Input({3}), Dense(2), Dense(1)}, {.name = "head"});
  const Input a({4}, {.name = "a"}), b({4}, {.name = "b"});
  const std::vector<Symbol> of_a = encoder.all({a}), of_b = encoder.all({b});
  Model model({a, b}, {head(of_a[1]), head(of_b[0]), of_b[1]});
  const std::string json = to_json(model);
  Model back = model_from_json(json);
  EXPECT_EQ(to_json(back), json);
  EXPECT_EQ(back.get_weights().size(), 6U);
  EXPECT_FALSE(back.graph().parameters()[0].trainable);
  EXPECT_TRUE(back.graph().parameters()[2].trainable);
  // Keras reads of each layer whether it is trained, and not of a Sequential.
  EXPECT_NE(json.find(R"("name":"hidden","trainable":false)"), json.npos);
  back.set_weights(model.get_weights());
  Rng rng(1);
  const Tensors x = {normal({3, 4}, rng), normal({3, 4}, rng)};
  const std::vector<Tensor> expected = model.predict_all(x), got = back.predict_all(x);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(same_bits(expected[i], got[i])) << i;

  const auto replaced = [](std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.rfind(from), from.size(), to);
  };
  expect_error<DataLoss>(
      [&] { model_from_json(replaced(json, R"(["encoder",1,1])", R"(["encoder",1,2])"), "m"); },
      "[architecture] m: 'encoder' has 2 outputs, got a use of number 2.");
  const std::string lacking =
      replaced(json, R"("class_name":"Activation")", R"("class_name":"GRU")");
  EXPECT_THROW(model_from_json(lacking), Unimplemented);
}

TEST(Architecture, LayersSharedAmongModelsStayShared) {
  const Input in({4}), x({4});
  const Dense shared(4, {.name = "shared"});
  const Submodel inner({Input({4}), Dense(4)}, {.name = "inner"});
  const Submodel outer({in}, {inner(shared(in))}, {.name = "outer"});
  Model model(x, outer(inner(shared(x))));
  EXPECT_EQ(model.get_weights().size(), 4U);
  const std::string json = to_json(model);
  Model back = model_from_json(json);
  EXPECT_EQ(back.get_weights().size(), 4U);
  EXPECT_EQ(to_json(back), json);
}

TEST(Architecture, CompileSettingsComeBack) {
  const CompileOptions options{
      .optimizer = SGD({.learning_rate = 0.05F, .momentum = 0.9F, .nesterov = true}),
      .loss = SparseCategoricalCrossentropy({.from_logits = true}),
      .metrics = {"acc", BinaryAccuracy({.threshold = 0.25F})},
      .loss_weights = {2}};
  const Config config = compile_config(options);
  EXPECT_EQ(compile_config(compile_options_from(config)).str(), config.str());
  EXPECT_EQ(config["metrics"].list()[0], Config("acc"));
  EXPECT_EQ(config["loss"]["config"]["from_logits"], Config(true));
}

TEST(Architecture, CompileSettingsOfSeveralOutputsComeBack) {
  const CompileOptions named{
      .loss = {{"a", "huber"}, {"b", BinaryCrossentropy({.label_smoothing = 0.25F})}},
      .metrics = Metrics::NamedLists{{"b", {"accuracy", "auc"}}},
      .weighted_metrics = Metrics::Lists{{"mae"}, {}},
      .loss_weights = {{"a", 0.5F}, {"b", 2}}};
  const Config config = compile_config(named);
  EXPECT_EQ(config["loss"]["a"], Config("huber"));
  EXPECT_EQ(config["loss_weights"].str(), R"({"a":0.5,"b":2.0})");
  EXPECT_EQ(config["metrics"].str(), R"({"b":["accuracy","auc"]})");
  EXPECT_EQ(config["weighted_metrics"].str(), R"([["mae"],[]])");
  EXPECT_EQ(compile_config(compile_options_from(config)).str(), config.str());
  const CompileOptions listed{.loss = {"mse", "mae"}, .metrics = {"mae", "mse"}};
  const Config lists = compile_config(listed);
  EXPECT_EQ(compile_config(compile_options_from(lists)).str(), lists.str());
  expect_error<Unimplemented>(
      [&] {
        Config without = lists;
        without.set("loss", Config::List{"mse", {}});
        compile_options_from(without);
      },
      "[compile_config] an output without a loss is not supported. Supported: one for each.");
}

std::string functional(const std::string& layers) {
  return R"({"class_name":"Functional","config":{"name":"f","layers":[)" + layers +
         R"(],"input_layers":["in",0,0],"output_layers":["d",0,0]}})";
}
std::string dense(const std::string& name, const std::string& from) {
  return R"({"class_name":"Dense","name":")" + name + R"(","config":{"name":")" + name +
         R"(","units":4},"inbound_nodes":[{"args":[{"class_name":"__keras_tensor__","config":)"
         R"({"keras_history":[")" +
         from + R"(",0,0]}}],"kwargs":{}}]})";
}
const std::string input_layer =
    R"({"class_name":"InputLayer","name":"in","config":{"name":"in","batch_shape":[null,4]},"inbound_nodes":[]},)";

TEST(Architecture, CyclesAndMissingLayersNameBoth) {
  expect_error<InvalidArgument>(
      [] { model_from_json(functional(input_layer + dense("c", "d") + "," + dense("d", "c"))); },
      "[architecture] layer 'c': expected a graph without cycles, got one through 'd' and 'c'.");
  expect_error<InvalidArgument>(
      [] { model_from_json(functional(input_layer + dense("d", "ghost"))); },
      "[architecture] layer 'd': expected inputs from layers of the model, got 'ghost', which is "
      "not "
      "one.");
  expect_error<InvalidArgument>(
      [] { model_from_json(functional(input_layer + dense("d", "in") + "," + dense("d", "in"))); },
      "[architecture] expected a name of its own for every layer, got 'd' twice.");
}

TEST(Architecture, DamageIsTyped) {
  EXPECT_THROW(model_from_json("{\"class_name\":"), DataLoss);
  EXPECT_THROW(model_from_json("[]"), DataLoss);
  EXPECT_THROW(model_from_json(std::string(5000, '[')), DataLoss);
  EXPECT_THROW(model_from_json(R"({"class_name":"Sequential","config":{"layers":3}})"), DataLoss);
  expect_error<Unimplemented>(
      [] { model_from_json(R"({"class_name":"Graph","config":{}})", "m.json"); },
      "[architecture] m.json: a model of class 'Graph' is not supported. Supported: Sequential, "
      "Functional.");
  const std::string whole = golden("ex2_mlp");
  for (std::size_t n = 0; n + 1 < whole.size(); n += 7) {
    EXPECT_THROW(model_from_json(whole.substr(0, n)), Error) << n;
  }
}

TEST(Json, NumbersComeBackToTheBit) {
  const Config numbers = Config::object({{"tiny", 5e-324},
                                         {"third", 1.0 / 3},
                                         {"big", 1.7e308},
                                         {"whole", std::int64_t{-5}},
                                         {"list", Config::List{}}});
  EXPECT_EQ(parse_json(write_json(numbers), "t"), numbers);
}

}  // namespace
}  // namespace minnow
